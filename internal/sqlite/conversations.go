package sqlite

import "context"

// Conversations keeps the timelines, the owed answers and the traces.
type Conversations struct{ db *DB }

// Conversations returns the store of package bot.
func (db *DB) Conversations() *Conversations { return &Conversations{db} }

// Epoch returns the stream epoch.
func (s *Conversations) Epoch(ctx context.Context) (string, error) {
	var epoch string
	err := s.db.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'stream_epoch'`).Scan(&epoch)
	return epoch, translate(err)
}
