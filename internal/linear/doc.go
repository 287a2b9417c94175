// Package linear trains and applies logistic models: softmax and one-against-
// rest heads over dense vectors (sentence embeddings) and sparse ones (hashed
// n-grams), with a limited-memory quasi-Newton method. It knows numbers only.
//
// Training is deterministic: the same rows in the same order give the same
// model on the same kind of processor. It runs on the caller's goroutine plus
// one worker a core, all ended when it returns.
package linear
