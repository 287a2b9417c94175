// Package redis keeps copies in Redis: the bus between nodes, who is connected
// where for display, counters of limits, and answers and profiles that were asked
// for lately. Nothing is true because Redis says so: when it is away, slow,
// emptied or full, every caller has another way, and what is stored stays right.
//
// Every key and the bus's channel begin with "frontdesk:", the installation and,
// where there is one, the workspace, so that installations may share a Redis. The
// installation is named by the stream epoch of its database: after a restore
// nobody finds the copies of another history.
//
//	…:bus                   channel; frames of all nodes
//	…:<workspace>:limit:…   string; when all events so far are paid for, microseconds
//	…:<workspace>:here:…    sorted set; the nodes that a visitor is connected to, by when that ends
//	…:<workspace>:copy:…    string; an answer or a profile, with its life
//
// A call that fails makes the next second's calls fail at once, so that a silent
// Redis costs one caller a second its patience and nobody else anything. The bus
// has connections and a judgement of its own: it is well while its subscription
// lives and its own canary came back within two seconds.
package redis
