// Package restate makes words that follow others stand alone, without a language
// model: "and the suite?" after "How much is a double room?" becomes "How much is
// the suite?", and "多久能学会" after "我想学吉他" becomes "多久能学会吉他".
//
// It edits: a stretch of what was said takes the place of a pronoun, is put
// between two words, or makes room in the last question for what is new. Every
// possible edit is scored by a log-linear model over readable features (what
// stands left and right of both places, word classes, who said it and how long
// ago), and "leave it as it is" competes with them. The model was trained on the
// project's own examples in training/data/rewrites; `go run ./internal/shipped
// restate` makes it anew.
package restate
