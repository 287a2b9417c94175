package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

var (
	_ training.ExampleStore       = (*Training)(nil)
	_ training.ExampleVectorStore = (*Training)(nil)
	_ training.JobStore           = (*Training)(nil)
)

// Taught implements training.ExampleStore.
func (s *Training) Taught(ctx context.Context, ws bot.WorkspaceID) (declared []intents.Intent, examples []training.Example, err error) {
	err = s.db.read(ctx, ws, func(q queue) {
		all(q, &declared, func(row pgx.CollectableRow) (in intents.Intent, err error) {
			return in, row.Scan(&in.Name, &in.Class, &in.Description)
		}, `SELECT name, class, description FROM intents WHERE workspace = $1 ORDER BY name`, ws)
		all(q, &examples, func(row pgx.CollectableRow) (e training.Example, err error) {
			var at int64
			err = row.Scan(&e.ID, &e.Intent, &e.Text, &e.From, &e.Event, &e.By, &at)
			e.At = cell.Time(at)
			return e, err
		}, `SELECT id, intent, text, origin, event, account, at FROM examples WHERE workspace = $1 ORDER BY intent, at DESC, id`, ws)
	})
	return declared, examples, err
}

// PutIntent implements training.ExampleStore.
func (s *Training) PutIntent(ctx context.Context, ws bot.WorkspaceID, was string, in intents.Intent) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var n int64
		if was == "" {
			t.count(&n, `INSERT INTO intents (workspace, name, class, description) VALUES ($1, $2, $3, $4)`, ws, in.Name, in.Class, in.Description)
		} else {
			t.count(&n, `UPDATE intents SET name = $1, class = $2, description = $3 WHERE workspace = $4 AND name = $5`, in.Name, in.Class, in.Description, ws, was)
		}
		if err := t.flush(ctx); isUnique(err) {
			return fault.New(fault.Conflict, "There is an intent %q already.", in.Name).WithField("name", "is taken")
		} else if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "There is no intent %q.", was)
		}
		if was != "" && was != in.Name {
			t.exec(`UPDATE examples SET intent = $1 WHERE workspace = $2 AND intent = $3`, in.Name, ws, was)
		}
		return nil
	})
}

// DeleteIntent implements training.ExampleStore.
func (s *Training) DeleteIntent(ctx context.Context, ws bot.WorkspaceID, name string) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var declared, examples int64
		t.count(&declared, `DELETE FROM intents WHERE workspace = $1 AND name = $2`, ws, name)
		t.count(&examples, `DELETE FROM examples WHERE workspace = $1 AND intent = $2`, ws, name)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if declared+examples == 0 {
			return fault.New(fault.NotFound, "There is no intent %q.", name)
		}
		return nil
	})
}

// ChangeExamples implements training.ExampleStore.
func (s *Training) ChangeExamples(ctx context.Context, ws bot.WorkspaceID, remove []string, add []training.Example) error {
	return s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		type row struct{ ID, Intent string }
		var there []row // the intent under which each then stands
		t.exec(`DELETE FROM examples WHERE workspace = $1 AND id = ANY($2)`, ws, remove)
		all(t, &there, pgx.RowToStructByPos[row], `
			INSERT INTO examples (workspace, id, intent, text, origin, event, account, at)
			SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
			ON CONFLICT (workspace, id) DO UPDATE SET id = excluded.id RETURNING id, intent`,
			ws, column(add, func(e training.Example) string { return e.ID }), column(add, func(e training.Example) string { return e.Intent }),
			column(add, func(e training.Example) string { return e.Text }), column(add, func(e training.Example) string { return string(e.From) }),
			column(add, func(e training.Example) string { return string(e.Event) }), column(add, func(e training.Example) string { return e.By }),
			column(add, func(e training.Example) int64 { return cell.Micros(e.At) }))
		if err := t.flush(ctx); err != nil {
			return err
		}
		wanted := make(map[string]string, len(add))
		for _, e := range add {
			wanted[e.ID] = e.Intent
		}
		for _, r := range there {
			if wanted[r.ID] != r.Intent {
				return training.Contradiction(wanted[r.ID], r.Intent)
			}
		}
		return nil
	})
}

// column is one field of all rows.
func column[T, V any](rows []T, of func(T) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out
}

// Vectors implements training.ExampleVectorStore.
func (s *Training) Vectors(ctx context.Context, ws bot.WorkspaceID, model string) (map[string][]byte, error) {
	type row struct {
		Key    string
		Vector []byte
	}
	rows, err := many(ctx, s.db, ws, pgx.RowToStructByPos[row], `SELECT key, vector FROM example_vectors WHERE workspace = $1 AND model = $2`, ws, model)
	out := make(map[string][]byte, len(rows))
	for _, r := range rows {
		out[r.Key] = r.Vector
	}
	return out, err
}

// PutVectors implements training.ExampleVectorStore.
func (s *Training) PutVectors(ctx context.Context, ws bot.WorkspaceID, model string, vectors map[string][]byte) error {
	var keys []string
	var values [][]byte
	for k, v := range vectors {
		keys, values = append(keys, k), append(values, v)
	}
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`
			INSERT INTO example_vectors (workspace, model, key, vector) SELECT $1, $2, unnest($3::text[]), unnest($4::bytea[]) ON CONFLICT DO NOTHING`,
			ws, model, keys, values)
		return nil
	})
}

// KeepVectors implements training.ExampleVectorStore.
func (s *Training) KeepVectors(ctx context.Context, ws bot.WorkspaceID, model string, keys []string) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`
			DELETE FROM example_vectors WHERE workspace = $1 AND (model <> $2 OR key NOT IN (SELECT unnest($3::text[])))`, ws, model, keys)
		return nil
	})
}

// Job implements training.JobStore.
func (s *Training) Job(ctx context.Context, ws bot.WorkspaceID) (training.Job, error) {
	var (
		j        training.Job
		text     string
		revision int
		found    bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		value(q, &found, []any{&revision, &text}, `SELECT revision, job FROM trainings WHERE workspace = $1`, ws)
	})
	if err == nil && found {
		err = cell.Decode(text, &j)
	}
	j.Workspace, j.Revision = ws, revision
	return j, err
}

// PutJob implements training.JobStore.
func (s *Training) PutJob(ctx context.Context, j training.Job, queue bool) error {
	text, err := cell.Encode(j)
	if err != nil {
		return err
	}
	return s.db.write(ctx, j.Workspace, func(ctx context.Context, t *tx) error {
		var n int64
		if j.Revision == 0 {
			t.count(&n, `INSERT INTO trainings (workspace, revision, job) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING`, j.Workspace, text)
		} else {
			t.count(&n, `UPDATE trainings SET revision = revision + 1, job = $3 WHERE workspace = $1 AND revision = $2`, j.Workspace, j.Revision, text)
		}
		if err := t.flush(ctx); err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "The training has moved on meanwhile.")
		}
		if queue {
			s.db.enqueue(t, training.JobTrain, j.Workspace, j.ID)
		}
		return nil
	})
}
