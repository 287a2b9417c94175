// Package telemetry counts, times and traces what the rooms do.
//
// The rooms know neither Prometheus nor OpenTelemetry: bot and handoff each have
// an Observer, the others are told to functions or wrapped at their seams, and
// this package stands behind all of them. Names of metrics begin with
// frontdesk_; no label holds what a visitor chose. It keeps nothing that matters
// and writes nowhere but to the registry and, when configured, to a collector of
// traces.
package telemetry
