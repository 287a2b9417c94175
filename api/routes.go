package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// base is where the API begins.
const base = "/api/v1"

// who says who may call a route: bits that are joined.
type who uint8

const (
	everyone who = 0
	visitor  who = 1 << iota
	agent        // agents, supervisors, administrators
	editor       // editors, administrators
	administrator
	supervisor                                  // supervisors, administrators
	console    = agent | editor | administrator // whoever is signed in
)

// admits reports whether an account is one of them.
func (w who) admits(a account.Account) bool {
	return w&agent != 0 && a.May(account.RoleAgent) ||
		w&editor != 0 && a.May(account.RoleEditor) ||
		w&supervisor != 0 && a.May(account.RoleSupervisor) ||
		w&administrator != 0 && a.May(account.RoleAdministrator)
}

// route is a row of the table: a route that is not in it cannot be registered.
type route struct {
	method, path string
	who          who
	summary      string
}

// routes is the table of every route under /api/v1 with who may call it.
func routes() []route {
	return []route{
		{"POST", "/visitor/sessions", everyone, "Start or renew a visitor's session"},
		{"DELETE", "/visitor/sessions/current", visitor, "End the visitor's session"},
		{"POST", "/visitor/messages", visitor, "Send a message"},
		{"GET", "/visitor/conversations", visitor, "List own conversations"},
		{"GET", "/visitor/conversations/{id}/events", visitor, "Read an own conversation"},
		{"POST", "/visitor/conversations/{id}/feedback", visitor, "Say whether an answer helped"},
		{"POST", "/visitor/conversations/{id}/rating", visitor, "Rate the talk that ended last"},
		{"POST", "/visitor/conversations/{id}/person", visitor, "Ask for a person"},
		{"DELETE", "/visitor/conversations/{id}/person", visitor, "Leave the line and go on with the bot"},
		{"POST", "/visitor/conversations/{id}/leave-message", visitor, "Leave a message for later"},
		{"GET", "/visitor/suggestions", visitor, "Questions to begin with"},
		{"GET", "/visitor/documents/{id}", visitor, "Read a published document"},

		{"POST", "/uploads", visitor | agent, "Upload a file"},
		{"GET", "/uploads/{id}", visitor | agent, "Read a file"},

		{"POST", "/sessions", everyone, "Sign in"},
		{"GET", "/sessions/current", console, "Who is signed in"},
		{"DELETE", "/sessions/current", console, "Sign out"},

		{"GET", "/conversations", agent, "List conversations"},
		{"GET", "/conversations/{id}", agent, "Read a conversation with its context"},
		{"GET", "/conversations/{id}/events", agent | editor, "Read a conversation's events"},
		{"GET", "/conversations/{id}/traces/{event}", agent | editor, "Read how a turn was decided"},
		{"POST", "/conversations/{id}/messages", agent, "Write to the visitor, or a note"},
		{"POST", "/conversations/{id}/take", agent, "Take a conversation over"},
		{"POST", "/conversations/{id}/hand-back", agent, "Hand a conversation back to the bot"},
		{"POST", "/conversations/{id}/transfer", agent, "Pass a conversation on"},
		{"POST", "/conversations/{id}/close", agent, "Close a conversation"},
		{"POST", "/conversations/{id}/reopen", agent, "Reopen a closed conversation"},
		{"POST", "/conversations/{id}/stop-bot", supervisor, "Silence the bot and put the conversation in line for a person"},
		{"POST", "/conversations/{id}/watch", supervisor, "Note for colleagues that one reads along"},
		{"GET", "/offers", agent, "List own open offers"},
		{"POST", "/offers/{id}/accept", agent, "Accept an offer"},
		{"POST", "/offers/{id}/decline", agent, "Decline an offer"},
		{"GET", "/agents", agent, "List who takes chats"},
		{"PUT", "/agents/me/duty", agent, "Go on duty, away or off"},
		{"GET", "/agents/me/shifts", agent, "Read one's own shift now and the next one"},
		{"GET", "/rosters", supervisor, "List the planned shifts of who takes chats"},
		{"PUT", "/rosters/{id}", supervisor, "Replace the planned shifts of an agent"},
		{"GET", "/queue", agent, "List who waits"},
		{"GET", "/queues", agent, "List queues and how they are worked"},
		{"PUT", "/queues/{id}", supervisor, "Make or change a queue"},
		{"DELETE", "/queues/{id}", supervisor, "Delete a queue that nothing waits in"},
		{"GET", "/wall", supervisor, "See the desk at a glance"},
		{"GET", "/report", supervisor, "Read what became of conversations and tickets in some days"},
		{"GET", "/report/csv", supervisor, "… as a table for spreadsheets"},
		{"GET", "/replies", agent, "List the canned replies that one may use"},
		{"POST", "/replies", agent, "Write a canned reply or a macro"},
		{"PUT", "/replies/{id}", agent, "Change a canned reply"},
		{"DELETE", "/replies/{id}", agent, "Delete a canned reply"},
		{"POST", "/conversations/{id}/translations", agent, "Translate a message, or words before they are sent"},
		{"POST", "/conversations/{id}/macro", agent, "Use a macro: words, note and move at once"},
		{"GET", "/codes", agent, "List wrap-up codes"},
		{"PUT", "/codes", supervisor, "Replace the wrap-up codes"},
		{"GET", "/rules", agent, "Read the rules that say who gets which conversations"},
		{"PUT", "/rules", supervisor, "Replace the rules"},
		{"POST", "/rules/try", supervisor, "Say what a rule would have done with past hand-offs"},

		{"GET", "/tickets", agent, "List tickets"},
		{"POST", "/tickets", agent, "Make a ticket of a conversation"},
		{"GET", "/tickets/{id}", agent, "Read a ticket with its mails and links"},
		{"PATCH", "/tickets/{id}", agent, "Change a ticket"},
		{"POST", "/tickets/{id}/answers", agent, "Write to the visitor of a ticket"},
		{"POST", "/tickets/{id}/merge", agent, "Merge a ticket into another one"},
		{"POST", "/tickets/{id}/link", agent, "Link a ticket with another one"},

		{"GET", "/documents", editor, "List documents"},
		{"POST", "/documents", editor, "Write a document"},
		{"GET", "/documents/{id}", agent | editor, "Read a document"},
		{"PUT", "/documents/{id}", editor, "Change a document"},
		{"DELETE", "/documents/{id}", editor, "Delete a document"},
		{"POST", "/documents/{id}/publish", editor, "Publish a document"},
		{"POST", "/documents/{id}/unpublish", editor, "Take a document back to draft"},
		{"GET", "/documents/{id}/versions", editor, "List versions of a document"},
		{"GET", "/documents/{id}/versions/{version}", editor, "Read a version of a document"},
		{"POST", "/documents/{id}/restore", editor, "Restore a version of a document"},
		{"POST", "/imports", editor, "Upload files into the knowledge base"},
		{"GET", "/imports", editor, "List imports"},
		{"GET", "/imports/{id}", editor, "Read an import with the state of its files"},
		{"POST", "/ask", editor | agent, "Ask as a visitor would, on the live code path"},
		{"GET", "/review", editor, "List turns that wait for an editor"},
		{"POST", "/review/{event}/done", editor, "Take a question off the list"},
		{"GET", "/checks", editor, "List confirmed questions"},
		{"POST", "/checks", editor | agent, "Confirm what answers a question, or that nothing may"},
		{"DELETE", "/checks/{id}", editor, "Remove a confirmed question"},
		{"POST", "/checks/run", editor, "Ask all confirmed questions"},
		{"GET", "/releases", editor, "List publishes that confirmed questions broke by"},
		{"GET", "/intents", editor, "List intents with what the version in service makes of them"},
		{"POST", "/intents", editor, "Add an intent"},
		{"PUT", "/intents/{name}", editor, "Change or rename an intent"},
		{"DELETE", "/intents/{name}", editor, "Remove an intent with its examples"},
		{"GET", "/intents/{name}/examples", editor, "List examples of an intent"},
		{"POST", "/intents/{name}/examples", editor, "Add an example to an intent"},
		{"DELETE", "/intents/{name}/examples/{id}", editor, "Remove an example"},
		{"POST", "/intents/train", editor, "Train the intents"},
		{"GET", "/intents/training", editor, "Read how far the training is, or how the last one ended"},
		{"DELETE", "/intents/training", editor, "Cancel the training"},
		{"GET", "/intents/versions", editor, "List trained versions"},
		{"POST", "/intents/versions/{version}/activate", editor, "Put an earlier version back in service"},

		{"GET", "/accounts", administrator, "List accounts"},
		{"POST", "/accounts", administrator, "Make an account"},
		{"POST", "/accounts/import", administrator, "Make and change accounts from a CSV file, all or none"},
		{"PATCH", "/accounts/{id}", administrator, "Change an account"},
		{"DELETE", "/accounts/{id}", administrator, "Delete an account"},
		{"GET", "/inboxes", console, "List inboxes"},
		{"GET", "/inboxes/{id}", administrator, "Read an inbox"},
		{"PUT", "/inboxes/{id}", administrator, "Make or change an inbox"},
	}
}

// registrar puts operations on the API and remembers what went wrong.
type registrar struct {
	s     *Server
	api   huma.API
	table map[string]route
	err   error
}

// empty is an input or output without anything in it.
type empty struct{}

// handle registers the operation of a route. A handler returns an error of any
// kind; problem documents are made of it here.
func handle[I, O any](g *registrar, method, path string, h func(ctx context.Context, in *I) (*O, error), tune ...func(*huma.Operation)) {
	rt, ok := g.table[method+" "+path]
	if !ok {
		g.err = fault.New(fault.Internal, "The route %s %s is not in the table.", method, path)
		return
	}
	delete(g.table, method+" "+path) // what is left over has no handler
	op := huma.Operation{
		OperationID:  strings.NewReplacer("/", "-", "{", "", "}", "").Replace(strings.ToLower(method) + path),
		Method:       method,
		Path:         base + path,
		Summary:      rt.summary,
		Tags:         []string{strings.Split(path, "/")[1]},
		MaxBodyBytes: 64 << 10,
		Responses: map[string]*huma.Response{"default": {
			Description: "What went wrong.",
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: g.api.OpenAPI().Components.Schemas.Schema(typeFor[Problem](), true, ""),
			}},
		}},
	}
	switch {
	case rt.who == visitor:
		op.Security = []map[string][]string{{"visitor": {}}}
	case rt.who&visitor != 0:
		op.Security = []map[string][]string{{"visitor": {}}, {"console": {}}}
	case rt.who != everyone:
		op.Security = []map[string][]string{{"console": {}}}
	}
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		gc := humagin.Unwrap(ctx)
		if err := g.s.admit(gc.Writer, gc.Request, rt); err != nil {
			g.s.refuse(gc.Writer, gc.Request, err)
			return
		}
		next(ctx)
	}}
	for _, t := range tune {
		t(&op)
	}
	huma.Register(g.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, g.s.problem(ctx, err)
		}
		return out, nil
	})
}

// body sets the largest request body of an operation.
func body(bytes int64) func(*huma.Operation) {
	return func(op *huma.Operation) { op.MaxBodyBytes = bytes }
}

// status sets the success status of an operation.
func status(code int) func(*huma.Operation) {
	return func(op *huma.Operation) { op.DefaultStatus = code }
}

// newAPI returns huma over the router, described and with our shape of errors.
func (s *Server) newAPI() huma.API {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "frontdesk", Version: s.opts.Version,
				Description: "Customer service by a bot and by people. Visitors send a bearer token; the console sends its cookie and, with writes, the header X-CSRF-Token. The socket at " + base + "/socket is described in docs/protocol.md.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"visitor": {Type: "http", Scheme: "bearer", Description: "The token of POST " + base + "/visitor/sessions."},
					"console": {Type: "apiKey", In: "cookie", Name: secureCookie, Description: "Set by POST " + base + "/sessions."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{s.reshape},
	}
	return humagin.New(s.router, config)
}

// register puts every operation of the table on the router.
func (s *Server) register() error {
	g := &registrar{s: s, api: s.newAPI(), table: make(map[string]route)}
	for _, rt := range routes() {
		g.table[rt.method+" "+rt.path] = rt
	}
	s.api = g.api
	s.visitorRoutes(g)
	s.uploadRoutes(g)
	s.sessionRoutes(g)
	s.conversationRoutes(g)
	s.deskRoutes(g)
	s.ticketRoutes(g)
	s.ruleRoutes(g)
	s.replyRoutes(g)
	s.translationRoutes(g)
	s.codeRoutes(g)
	s.queueRoutes(g)
	s.rosterRoutes(g)
	s.wallRoutes(g)
	s.reportRoutes(g)
	s.superviseRoutes(g)
	s.documentRoutes(g)
	s.importRoutes(g)
	s.askRoutes(g)
	s.reviewRoutes(g)
	s.checkRoutes(g)
	s.intentRoutes(g)
	s.accountRoutes(g)
	s.inboxRoutes(g)
	if g.err != nil {
		return g.err
	}
	for key := range g.table {
		return fault.New(fault.Internal, "The route %s has no handler.", key)
	}
	return nil
}

// preflight answers what a page of another origin asks before it calls.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) {
	if !s.anyInboxAllows(r.Context(), r.Header.Get("Origin")) {
		s.refuse(w, r, errOrigin)
		return
	}
	s.allowCrossOrigin(w, r)
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
