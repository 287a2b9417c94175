// Package bottest is the test kit of package bot: a store in memory that keeps
// every promise of the contracts, a model that follows a script, a publisher
// that records, a desk that answers as it is told, small stand-ins for
// understanding and retrieval, and dialogues written as text.
//
// Everything here is safe for concurrent use and leaves nothing running.
package bottest
