// Package cluster is the test bed: the real program in one or more processes,
// with a real nginx, Postgres with a standby and Redis around it, proxies that
// break connections between them, and clients who behave as the widget and the
// console do and write down everything they see. Each fault of the list in
// docs/testing.md is a subtest; when it is over, the histories are checked for
// messages that were lost, doubled or put out of order. TestBrowser has real
// browsers on two nodes instead.
//
// `make test-cluster` runs the quick faults, `make test-faults` all of them.
// Plain `go test` skips: the faults take minutes and want the machine for
// themselves. Their schedules are the one place where tests wait by the clock.
package cluster
