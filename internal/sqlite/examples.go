package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

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
func (s *Training) Taught(ctx context.Context, ws bot.WorkspaceID) ([]intents.Intent, []training.Example, error) {
	declared, err := many(ctx, s.db, func(scan func(...any) error) (in intents.Intent, err error) {
		return in, scan(&in.Name, &in.Class, &in.Description)
	}, `SELECT name, class, description FROM intents WHERE workspace = ? ORDER BY name`, ws)
	if err != nil {
		return nil, nil, err
	}
	examples, err := many(ctx, s.db, func(scan func(...any) error) (e training.Example, err error) {
		var at int64
		err = scan(&e.ID, &e.Intent, &e.Text, &e.From, &e.Event, &e.By, &at)
		e.At = cell.Time(at)
		return e, err
	}, `SELECT id, intent, text, origin, event, account, at FROM examples WHERE workspace = ? ORDER BY intent, at DESC, id`, ws)
	return declared, examples, err
}

// PutIntent implements training.ExampleStore.
func (s *Training) PutIntent(ctx context.Context, ws bot.WorkspaceID, was string, in intents.Intent) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		if was == "" {
			_, err := tx.ExecContext(ctx, `INSERT INTO intents (workspace, name, class, description) VALUES (?, ?, ?, ?)`, ws, in.Name, in.Class, in.Description)
			return taken(err, in.Name)
		}
		res, err := tx.ExecContext(ctx, `UPDATE intents SET name = ?, class = ?, description = ? WHERE workspace = ? AND name = ?`, in.Name, in.Class, in.Description, ws, was)
		if err != nil {
			return taken(err, in.Name)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "There is no intent %q.", was))
		}
		_, err = tx.ExecContext(ctx, `UPDATE examples SET intent = ? WHERE workspace = ? AND intent = ?`, in.Name, ws, was)
		return err
	})
}

func taken(err error, name string) error {
	if isUnique(err) {
		return fault.New(fault.Conflict, "There is an intent %q already.", name).WithField("name", "is taken")
	}
	return err
}

// DeleteIntent implements training.ExampleStore.
func (s *Training) DeleteIntent(ctx context.Context, ws bot.WorkspaceID, name string) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		var gone int64
		for _, query := range []string{
			`DELETE FROM intents WHERE workspace = ? AND name = ?`,
			`DELETE FROM examples WHERE workspace = ? AND intent = ?`,
		} {
			res, err := tx.ExecContext(ctx, query, ws, name)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			gone += n
		}
		if gone == 0 {
			return fault.New(fault.NotFound, "There is no intent %q.", name)
		}
		return nil
	})
}

// ChangeExamples implements training.ExampleStore.
func (s *Training) ChangeExamples(ctx context.Context, ws bot.WorkspaceID, remove []string, add []training.Example) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for _, id := range remove {
			if _, err := tx.ExecContext(ctx, `DELETE FROM examples WHERE workspace = ? AND id = ?`, ws, id); err != nil {
				return err
			}
		}
		for _, e := range add {
			var intent string
			if err := tx.QueryRowContext(ctx, `
				INSERT INTO examples (workspace, id, intent, text, origin, event, account, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET id = id RETURNING intent`,
				ws, e.ID, e.Intent, e.Text, e.From, e.Event, e.By, cell.Micros(e.At)).Scan(&intent); err != nil {
				return err
			}
			if intent != e.Intent {
				return training.Contradiction(e.Intent, intent)
			}
		}
		return nil
	})
}

// Vectors implements training.ExampleVectorStore.
func (s *Training) Vectors(ctx context.Context, ws bot.WorkspaceID, model string) (map[string][]byte, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT key, vector FROM example_vectors WHERE workspace = ? AND model = ?`, ws, model)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	out := map[string][]byte{}
	for rows.Next() {
		var key string
		var v []byte
		if err := rows.Scan(&key, &v); err != nil {
			return nil, translate(err)
		}
		out[key] = v
	}
	return out, translate(rows.Err())
}

// PutVectors implements training.ExampleVectorStore.
func (s *Training) PutVectors(ctx context.Context, ws bot.WorkspaceID, model string, vectors map[string][]byte) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		for key, v := range vectors {
			if _, err := tx.ExecContext(ctx, `INSERT INTO example_vectors (workspace, model, key, vector) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, ws, model, key, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// KeepVectors implements training.ExampleVectorStore.
func (s *Training) KeepVectors(ctx context.Context, ws bot.WorkspaceID, model string, keys []string) error {
	list, err := json.Marshal(keys)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM example_vectors WHERE workspace = ? AND (model <> ? OR key NOT IN (SELECT value FROM json_each(?)))`, ws, model, string(list))
		return err
	})
}

// Job implements training.JobStore.
func (s *Training) Job(ctx context.Context, ws bot.WorkspaceID) (training.Job, error) {
	var j training.Job
	var text string
	var revision int
	err := s.db.read.QueryRowContext(ctx, `SELECT revision, job FROM trainings WHERE workspace = ?`, ws).Scan(&revision, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return training.Job{Workspace: ws}, nil
	case err != nil:
		return j, translate(err)
	}
	err = cell.Decode(text, &j)
	j.Workspace, j.Revision = ws, revision
	return j, err
}

// PutJob implements training.JobStore.
func (s *Training) PutJob(ctx context.Context, j training.Job, queue bool) error {
	text, err := cell.Encode(j)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			INSERT INTO trainings (workspace, revision, job) SELECT ?1, 1, ?3 WHERE ?2 = 0
			ON CONFLICT DO NOTHING`, j.Workspace, j.Revision, text)
		if j.Revision > 0 && err == nil {
			res, err = tx.ExecContext(ctx, `UPDATE trainings SET revision = revision + 1, job = ? WHERE workspace = ? AND revision = ?`, text, j.Workspace, j.Revision)
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Conflict, "The training has moved on meanwhile."))
		}
		if queue {
			return s.db.enqueue(ctx, tx, training.JobTrain, string(j.Workspace), j.ID)
		}
		return nil
	})
}
