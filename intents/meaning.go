package intents

// Meaning brings an embedding of the built-in model into the shipped space in
// which what is wanted counts more than how it is said; of unit length, nil for a
// vector of another length or without direction. Between such vectors a cosine says
// whether two utterances ask the same, for grouping them.
func Meaning(v []float32) []float32 {
	s := apartSpace(len(v))
	if s == nil {
		return nil
	}
	return s.apply(v)
}
