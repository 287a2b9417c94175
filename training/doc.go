// Package training measures the product and improves it from what happened:
// evaluation over task folders, training of intent models with their versions,
// and the review of turns that went wrong.
//
// Evaluation runs the product's own code with the product's defaults. What it
// cannot make itself (an encoder, an empty knowledge library, an engine over a
// store in memory) the wiring hands in as Parts, so that nothing is measured
// that is not shipped. One run is one goroutine; tasks follow each other.
//
// It owns the tables models, examples and reviews through its store interfaces.
// A model is immutable once stored; which version is active is one row's flag,
// so a release and a roll-back are the same small write. A crash during
// training loses the training, never the model in use.
package training
