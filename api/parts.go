package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Parts are what a server stands on. All but Imports, Review, Checks, Answerer,
// Releases, Catalogue, Assets and Gatherer are required; routes of a part that is missing answer 503.
type Parts struct {
	Engine    *bot.Engine
	Timeline  Timeline
	Runs      Runs
	Traces    Traces
	Lists     Lists
	Desk      *handoff.Desk
	Replies   *handoff.Replies
	Library   *knowledge.Library
	Imports   Imports
	Wake      func() // called when an import was queued; nil: nobody needs to know
	Review    Review
	Checks    Checks
	Answerer  func() (training.Answerer, error) // that confirmed questions are asked of
	Releases  Releases
	Catalogue *training.Catalogue // of intents
	Accounts  *account.Directory
	Uploads   *upload.Keeper
	Hub       *live.Hub
	Frames    *Frames  // the hub's encoder
	Metrics   *Metrics // whose Count the hub reports to
	Gatherer  prometheus.Gatherer
	Assets    Assets
	Ready     func(ctx context.Context) []Check // what /readyz shows, the store first
	Spans     Spans                             // traces requests; nil: nobody does
	Here      Here                              // who is connected to any node, for display; nil: nobody knows of other nodes
	Counter   Counter                           // of limits, for all nodes together; nil: each counts for itself
	Policy    bot.Policy                        // whose thresholds traces are shown with
	Now       func() time.Time
	Logger    *slog.Logger
}

// Here knows who is connected to any node. It is for display: it may be wrong for
// a while.
type Here interface {
	// Refresh says that visitors are connected to this node.
	Refresh(ctx context.Context, visitors []string)
	// Online reports whether a visitor is connected to some node; ok is false when
	// that is not known.
	Online(ctx context.Context, visitor string) (online, ok bool)
}

// Check is one line of /readyz.
type Check struct {
	Name   string // database, schema, bus …
	Needed bool   // the node is not ready while this fails
	Err    error  // nil: all is well; its public words are shown
	Detail string // for people, such as "tables 7"; "" for none
}

// Spans traces requests. Request begins one; ended takes its status.
type Spans interface {
	Request(ctx context.Context, method, route string) (within context.Context, ended func(status int))
}

// Timeline reads conversations; bot.Timeline has it.
type Timeline interface {
	Conversation(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Conversation, error)
	Events(ctx context.Context, q bot.EventQuery) (bot.EventPage, error)
	Conversations(ctx context.Context, q bot.ConversationQuery) ([]bot.Conversation, error)
}

// Runs reads owed answers; bot.RunStore has it.
type Runs interface {
	Run(ctx context.Context, ws bot.WorkspaceID, run bot.RunID) (bot.Run, error)
}

// Traces reads what turns saw and did; bot.TraceStore has it.
type Traces interface {
	Trace(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID) (bot.Trace, error)
}

// Lists answers what lists and senders ask besides.
type Lists interface {
	// Counts counts conversations for an agent's views: those that the agent answers
	// for, also while passing them on; in line or parked; with people; with the bot and
	// closed, these two up to 1,000.
	Counts(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) (mine, queue, held, withBot, closed int, err error)
	// Sent reports whether a message is stored: in the conversation of that ID or,
	// when it is "", in the sender's one of that client_conv_id.
	Sent(ctx context.Context, ws bot.WorkspaceID, sender bot.Author, conv bot.ConversationID, clientConvID, clientMsgID string) (bool, error)
}

// Assets are the pages' files. A nil one is not served.
type Assets struct {
	Loader  []byte // widget.js
	Widget  fs.FS  // with index.html
	Console fs.FS  // with index.html
	Demo    fs.FS  // with index.html; nil: / leads to the console
}

// Limits protect against floods. Zero in a field means its default, a negative
// value no limit.
type Limits struct {
	MessagesPerMinute    int // per visitor; 30
	FramesPerSecond      int // per socket, with a burst of twice as many; 10
	SocketsPerAddress    int // 50
	Sockets              int // on this node, so that files are left for the rest; none
	ConnectsPerSecond    int // on this node, those above are told when to come; 1500
	ConversationsPerHour int // new ones per address; 10
	SessionsPerMinute    int // new visitor sessions per address; 60
	SignInsPerMinute     int // tries per address; 20
	RequestsPerSecond    int // per address, with a burst of four times as many; 50
	UploadsPerMinute     int // per visitor or account; 20
}

func (l Limits) filled() Limits {
	for p, def := range map[*int]int{
		&l.MessagesPerMinute: 30, &l.FramesPerSecond: 10, &l.SocketsPerAddress: 50, &l.Sockets: -1, &l.ConnectsPerSecond: 1500,
		&l.ConversationsPerHour: 10, &l.SessionsPerMinute: 60, &l.SignInsPerMinute: 20, &l.RequestsPerSecond: 50, &l.UploadsPerMinute: 20,
	} {
		if *p == 0 {
			*p = def
		}
	}
	return l
}

// Options set what has a good default. The zero value is the default.
type Options struct {
	Workspace      bot.WorkspaceID // whom this installation serves; "": the default one
	PublicURL      string          // as browsers see the server, such as https://help.example.com; "": what they ask for
	TrustedProxies []netip.Prefix  // whose X-Forwarded-For and -Proto are believed
	Limits         Limits
	ImportBytes    int64         // of one upload of documents; zero: 1 GiB
	Hello          time.Duration // to the first frame of a socket; zero: 5 s
	Write          time.Duration // for a socket to take one frame; zero: 5 s
	Drain          time.Duration // longest time over which sockets are sent away; zero: 15 s
	Notice         time.Duration // between refusing new sockets and sending the first away, for a proxy to notice; zero: none
	Node           string        // name of this node, shown by /readyz
	Version        string        // of the program, for the API description
}
