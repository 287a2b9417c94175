// Package openai speaks to language models behind any endpoint that talks like
// OpenAI's: bot.Model over chat completions, and embeddings.
//
// It owns no state but the client's connections. Deadlines, breakers and checks
// of what a model says are the caller's; this package turns every way an
// endpoint can fail into a fault whose message names no key, host or body.
package openai
