// Package bot owns the conversation: its words, its timeline, and the eight
// steps that turn a visitor's message into an answer or a place in line for a
// person.
//
// It owns the tables conversations, events, runs and traces through its store
// interfaces. A conversation is written only under its row lock; a run is the
// durable promise of an answer, queued in the transaction of the visitor's
// message, so that a crash between the acknowledgement and the answer loses
// neither. Streamed text that was not yet checkpointed may be lost and is then
// made again.
//
// Extension points: Model, Retriever, Understander, Escalator, Publisher.
package bot
