package bot

import (
	"context"
)

// Rewrite says how words may stand alone. The zero Rewrite: they do.
type Rewrite struct {
	Text    string   // the words with what they lean on; "" when they stand alone
	Carried []string // what was carried over, for people
	Leans   float64  // how surely they lean on earlier turns, 0…1
}

// rewrite makes the visitor's words stand alone from what was said before.
func rewrite(m Memory, asked, language string) Rewrite {
	return Rewrite{}
}

func (e *Engine) readInContext(ctx context.Context, t *Turn) error {
	return nil
}
