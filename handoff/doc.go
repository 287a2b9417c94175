// Package handoff is the desk: agents, queues, offers with a deadline, and the
// moves of a conversation between bot and people.
//
// It owns the tables agents, queues, reservations and timers, and the service,
// speaker, agent and queue fields of a conversation. Every move is one
// transaction through one function: lock the conversation, lock the agents in
// order of ID, read again, decide, write state, event and timers together.
//
//	bot      → waiting   the visitor asks, or the policy decides
//	waiting  → offered   a free, present, qualified agent is held until a deadline
//	offered  → active    accepted in time: the human speaks, the control epoch rises
//	offered  → waiting   declined, missed, or the agent went away; its age is kept
//	waiting  → parked    nobody on duty, or the visitor left a message or went away
//	parked   → waiting   somebody comes on duty, or the visitor is back
//	active   → waiting   the agent is gone past the grace: back in line at its age
//	active   → bot       handed back
//	active   → closed    ended (through wrapup where a workspace wants one)
//	closed   → bot       the visitor writes again
//	any      → active    an agent takes it over
package handoff
