// Package storetest is the one exercise suite that every engine passes. Rules
// that the suite does not check are rules that engines may differ in.
//
// The invariants it names (I-01 and so on): event numbers are dense (I-01),
// visible numbers are dense and rise with them (I-02), a key writes once and
// answers the same for ever (I-03), what was acknowledged is there (I-04),
// events of one sender keep their order (I-07), resuming from any cursor equals
// a fresh read (I-08), a visitor's view holds nothing of a note (I-10), a run ends
// once and a conversation has one at a time (I-25), and an owner whose run was
// taken over changes nothing (I-29), and the feed never passes a row that commits
// later (I-14). For the desk: one open offer and one responsible agent at most (I-15), loads equal
// the recount and offers never overshoot (I-16), every state has what will move
// it on (I-17), nobody in line is lost (I-18), an offer is accepted by its agent,
// in time, once (I-19), in order of age (I-20), and nobody waits beside a free,
// suitable agent (I-22).
package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Stores are the contracts of one empty database.
type Stores struct {
	// Lacks names the families of cases that these stores are not for: "Desk", "Ticket",
	// "Feed". A contract that is missing and not named here fails its cases.
	Lacks    []string
	Timeline bot.Timeline
	Runs     bot.RunStore
	Traces   bot.TraceStore
	Feed     bot.Feed // of engines that serve many processes
	Desk     handoff.Store
	Tickets  handoff.TicketStore
	Inboxes  interface {
		PutInbox(ctx context.Context, in account.Inbox) error
	}
	Reports handoff.ReportStore
	Outbox  interface {
		Outbox(ctx context.Context, relay func(kind, workspace, subject string) (taken bool, err error)) error
	}
}

// Run exercises an engine. open returns an empty database that ends with the
// test it was opened for.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Stores)
	}{
		{"OpenOnce", testOpenOnce},
		{"OpenRefuses", testOpenRefuses},
		{"SameIDInParallel", testSameIDInParallel},
		{"SameIDOtherBody", testSameIDOtherBody},
		{"KeysAreTheSenders", testKeysAreTheSenders},
		{"EventKeepsEverything", testEventKeepsEverything},
		{"RowKeepsEverything", testRowKeepsEverything},
		{"Pages", testPages},
		{"VisitorsSeeNoNotes", testVisitorsSeeNoNotes},
		{"DecideRefuses", testDecideRefuses},
		{"EmptyChange", testEmptyChange},
		{"EpochRises", testEpochRises},
		{"Lists", testLists},
		{"Workspaces", testWorkspaces},
		{"RunLife", testRunLife},
		{"RunFences", testRunFences},
		{"RunCancel", testRunCancel},
		{"RunRelease", testRunRelease},
		{"RunLease", testRunLease},
		{"RunsInParallel", testRunsInParallel},
		{"RunTakenOnce", testRunTakenOnce},
		{"Feed", testFeed},
		{"FeedPassesNothing", testFeedPassesNothing},
		{"Traces", testTraces},
		{"Translations", testTranslations},
		{"TimelineModel", testTimelineModel},
		{"DeskPath", testDeskPath},
		{"DeskTurn", testDeskTurn},
		{"DeskNobody", testDeskNobody},
		{"DeskMessage", testDeskMessage},
		{"DeskMissed", testDeskMissed},
		{"DeskDeadline", testDeskDeadline},
		{"DeskTwoTake", testDeskTwoTake},
		{"DeskTake", testDeskTake},
		{"DeskGone", testDeskGone},
		{"DeskTimes", testDeskTimes},
		{"DeskRestart", testDeskRestart},
		{"DeskTransfer", testDeskTransfer},
		{"DeskReassign", testDeskReassign},
		{"DeskAway", testDeskAway},
		{"DeskOrder", testDeskOrder},
		{"DeskSkills", testDeskSkills},
		{"DeskFirstReply", testDeskFirstReply},
		{"DeskWrapUp", testDeskWrapUp},
		{"DeskLast", testDeskLast},
		{"DeskShift", testDeskShift},
		{"DeskRamp", testDeskRamp},
		{"DeskStop", testDeskStop},
		{"DeskWatch", testDeskWatch},
		{"DeskNotes", testDeskNotes},
		{"DeskPassBack", testDeskPassBack},
		{"DeskIdle", testDeskIdle},
		{"DeskIdleModel", testDeskIdleModel},
		{"DeskCapacity", testDeskCapacity},
		{"DeskPlaces", testDeskPlaces},
		{"DeskClose", testDeskClose},
		{"DeskSay", testDeskSay},
		{"DeskLists", testDeskLists},
		{"DeskRules", testDeskRules},
		{"DeskUsed", testDeskUsed},
		{"DeskAskCode", testDeskAskCode},
		{"DeskTrial", testDeskTrial},
		{"DeskTold", testDeskTold},
		{"DeskTakeBack", testDeskTakeBack},
		{"DeskClock", testDeskClock},
		{"DeskRetired", testDeskRetired},
		{"DeskReplies", testDeskReplies},
		{"DeskMacro", testDeskMacro},
		{"DeskRefuses", testDeskRefuses},
		{"DeskSettings", testDeskSettings},
		{"DeskRun", testDeskRun},
		{"DeskModel", testDeskModel},
		{"TicketLife", testTicketLife},
		{"TicketNobody", testTicketNobody},
		{"TicketRules", testTicketRules},
		{"TicketFiles", testTicketFiles},
		{"TicketByHand", testTicketByHand},
		{"TicketOutlives", testTicketOutlives},
		{"TicketLists", testTicketLists},
		{"TicketsInParallel", testTicketsInParallel},
		{"TicketsMergedInACircle", testTicketsMergedInACircle},
		{"TicketReports", testReports},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			if i := slices.IndexFunc(s.Lacks, func(family string) bool { return strings.HasPrefix(c.name, family) }); i >= 0 {
				t.Skipf("these stores have no %s", s.Lacks[i])
			}
			c.test(t, s)
		})
	}
}

// start is an arbitrary time with microseconds, in UTC.
var start = time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC)

const workspace = bot.WorkspaceID("shop")

var visitor = bot.Author{Kind: bot.AuthorVisitor, ID: "v1", Name: "Visitor"}

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Context() context.Context
}

// newConversation makes one with no events.
func newConversation(t tester, s Stores, ws bot.WorkspaceID) bot.Conversation {
	t.Helper()
	return conversationIn(t, s, ws, "site")
}

func conversationIn(t tester, s Stores, ws bot.WorkspaceID, inbox bot.InboxID) bot.Conversation {
	t.Helper()
	w, err := s.Timeline.Open(t.Context(), bot.Conversation{
		Workspace: ws, Inbox: inbox, Visitor: "v1", ClientConvID: id.New(), Language: "en", CreatedAt: start,
	}, bot.Key{}, nothing)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if !w.Created {
		t.Fatalf("a new client id should make a new conversation")
	}
	return w.Conversation
}

func nothing(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil }

// says is a visible message.
func says(by bot.Author, text string) bot.NewEvent {
	return bot.NewEvent{Kind: bot.EventMessage, Author: by, Visible: true, At: start, Body: bot.Body{Text: text}}
}

// write stores a change that does not depend on the row.
func write(t tester, s Stores, c bot.Conversation, key bot.Key, ch bot.Change) bot.Written {
	t.Helper()
	w, err := s.Timeline.Write(t.Context(), c.Workspace, c.ID, key, func(bot.Conversation) (bot.Change, error) { return ch, nil })
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	return w
}

// tryWrite is write for what may be refused.
func tryWrite(t tester, s Stores, c bot.Conversation, key bot.Key, ch bot.Change) error {
	t.Helper()
	_, err := s.Timeline.Write(t.Context(), c.Workspace, c.ID, key, func(bot.Conversation) (bot.Change, error) { return ch, nil })
	return err
}

// timeline reads a whole view in pages of the given size.
func timeline(t tester, s Stores, c bot.Conversation, view bot.View, size int) []bot.Event {
	t.Helper()
	return tail(t, s, c, view, 0, size)
}

// tail reads a view from a cursor on.
func tail(t tester, s Stores, c bot.Conversation, view bot.View, after int64, size int) []bot.Event {
	t.Helper()
	var out []bot.Event
	for {
		p, err := s.Timeline.Events(t.Context(), bot.EventQuery{
			Workspace: c.Workspace, Conversation: c.ID, View: view, After: after, Limit: size,
		})
		if err != nil {
			t.Fatalf("events after %d: %v", after, err)
		}
		out = append(out, p.Events...)
		if !p.More {
			return out
		}
		if len(p.Events) == 0 {
			t.Fatalf("events after %d: an empty page says that there is more", after)
		}
		after = number(view, p.Events[len(p.Events)-1])
	}
}

// number is an event's place in a view.
func number(view bot.View, e bot.Event) int64 {
	if view == bot.ViewVisitor {
		return e.VSeq
	}
	return e.Seq
}

// wantKind fails unless err is of the kind.
func wantKind(t tester, what string, err error, kind fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != kind {
		t.Errorf("%s: kind %q (%v), want %q", what, got, err, kind)
	}
}

// wantSame fails unless got equals want; nil and empty are the same.
func wantSame(t tester, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func key(by bot.Author, text string) bot.Key {
	return bot.Key{Sender: by, ClientMsgID: id.New(), Digest: "digest of " + text}
}

func texts(events []bot.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%d/%d %s %s", e.Seq, e.VSeq, e.Author.Kind, e.Body.Text))
	}
	return out
}
