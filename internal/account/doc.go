// Package account knows who is calling: the people who sign in to the console,
// the visitors of the widget, and the inboxes that visitors arrive by.
//
// It owns the tables accounts, sessions, visitors, visitor_sessions,
// spent_identities and inboxes through its store interfaces. Secrets never rest
// in the clear: passwords are argon2id hashes, and of every session token only
// the SHA-256 is kept, so a stolen file signs nobody in.
//
// A console session lasts at most twelve hours and sixty idle minutes. A visitor
// session belongs to one browser and is renewed by use. Who a visitor says they
// are counts only when their site's server signed it: a JWT of at most fifteen
// minutes, for this inbox, good for one exchange.
//
// The count of failed sign-ins is kept in memory: a restart forgets it.
package account
