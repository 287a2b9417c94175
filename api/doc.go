// Package api is everything that crosses HTTP: the REST routes under /api/v1
// with their OpenAPI description, the socket that widget and console live on,
// and the pages themselves.
//
// It owns no tables and decides nothing about conversations: it finds out who
// calls, whether they may, and turns wire types into the domain's and back.
// docs/protocol.md says what goes over the wire; wire types live here alone.
//
// Every route stands in one table (routes.go) with who may call it; a route that
// is not there cannot be registered. Every refusal is written by one function
// (problem.go) as an RFC 9457 document.
package api
