// Package frontdesk is a customer-service chatbot framework with human handoff.
//
// A pipeline of intents and retrieval answers common questions from a knowledge
// base, with memory over turns and sentiment on every turn; when confidence or
// sentiment crosses a threshold, or the visitor asks, the chat goes into line for
// a person. It needs no key and no network; a language model may be added.
//
// This package is the front door and the only wiring: a Config in, an App out.
// The command frontdesk is a thin program over it, and so may be yours:
//
//	cfg, err := frontdesk.LoadConfig("frontdesk.yaml", os.Environ(), nil)
//	app, err := frontdesk.Open(ctx, cfg)
//	defer app.Close()
//	err = app.Run(ctx, func(address string) { log.Println("listening on", address) })
//
// The rooms behind it, and the arrows between them, are in docs/architecture.md.
package frontdesk
