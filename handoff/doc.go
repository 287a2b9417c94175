// Package handoff is the desk: agents, queues, offers with a deadline, and the
// moves of a conversation between bot and people.
//
// It owns the tables agents, queues, reservations, waits and desks, and the
// service, speaker, agent and queue fields of a conversation. Every move is one
// transaction through one function (Store.Move): lock the conversation, lock the
// agents in order of ID, read again, decide, write row, agents, offers, events
// and what the visitor reads together.
//
//	bot      → waiting   the visitor asks, or the policy decides
//	bot      → parked    the same, with nobody there: kept, a follow-up promised
//	waiting  → offered   a free, present, suitable agent is held until a deadline
//	offered  → active    accepted in time: the human speaks, the control epoch rises
//	offered  → waiting   declined, missed, or the agent went away; its age is kept
//	waiting  → parked    nobody on duty, or the visitor left a message or went away
//	parked   → waiting   somebody comes on duty, or the visitor is back
//	active   → offered   passed to a colleague; the agent has it until accepted
//	active   → waiting   passed to a queue, or the agent is gone past the grace: back in line at its age
//	active   → bot       handed back
//	active   → closed    ended
//	closed   → bot       the visitor writes again (package bot)
//	closed   → active    an agent opens it again
//	any      → active    an agent takes it over
//
// Several desks over one store may run at once. Deadlines are columns that are
// compared with the clock, so a crash loses none; what is only told (places,
// offers) is told again or read again.
package handoff
