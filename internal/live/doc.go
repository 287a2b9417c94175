// Package live knows who on this node listens to which conversation, and brings
// them what is written, in order, without a hole and without a repeat.
//
// A reader says where it stands (the number of the last event it has) and gets
// the difference or a snapshot; from then on every event follows. Numbers are
// dense, so a missing one shows: the hub then reads the hole from the timeline
// before it delivers what comes after. A frame that was lost on the way is a
// delay, never a loss.
//
// Each reader has a queue bounded in bytes and frames. Pieces of streamed
// answers and signs of typing give way when it fills; events never do: a reader
// that cannot keep up is closed with code 4008 and resumes from its number.
//
// The hub owns no tables. It keeps, per conversation that somebody watches, the
// number of the next event, and per answer that is being streamed, its text so
// far. A crash loses both and nothing else.
//
// Locks are taken in the order topic, peer, hub.
package live
