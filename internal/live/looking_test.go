package live_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// looks has an agent open the conversation on a node.
func (b *bench) looks(h *live.Hub, r *reader, agent bot.AgentID) *live.Peer {
	b.t.Helper()
	p, err := h.Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: agent}, &socket{r})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := h.Watch(context.Background(), p, b.conv.ID, live.Cursor{}); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// sees waits until the last that the reader was told of who looks is this.
func (r *reader) sees(want ...bot.AgentID) {
	r.t.Helper()
	var last live.Viewers
	r.wait("who looks: "+strings.Join(names(want), ", "), func() bool {
		for i := len(r.frames) - 1; i >= 0; i-- {
			if r.frames[i].Type != "live.Viewers" {
				continue
			}
			if err := json.Unmarshal(r.frames[i].Body, &last); err != nil {
				r.t.Error(err)
			}
			return cmp.Equal(last.Agents, want)
		}
		return false
	})
}

func names(list []bot.AgentID) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = string(a)
	}
	return out
}

// Colleagues on all nodes see who has a conversation open; the visitor does not.
func TestLooking(t *testing.T) {
	b := newBench(t, 2, live.Options{}, plain{})
	visitor, wei, lin, second := newReader(t, bot.ViewVisitor), newReader(t, bot.ViewAgent), newReader(t, bot.ViewAgent), newReader(t, bot.ViewAgent)
	b.connect(b.hubs[0], visitor)
	wp := b.looks(b.hubs[0], wei, "wei")
	wei.sees("wei")
	lp := b.looks(b.hubs[1], lin, "lin")
	wei.sees("lin", "wei")
	lin.sees("lin", "wei") // told by the other node, which was asked
	// A second tab is the same person, and is told at once.
	sp := b.looks(b.hubs[1], second, "lin")
	second.sees("lin", "wei")
	b.hubs[1].Disconnect(lp)
	before := wei.count("live.Viewers")
	b.hubs[1].Unwatch(sp, b.conv.ID)
	wei.sees("wei")
	if n := wei.count("live.Viewers"); n != before+1 {
		t.Errorf("wei was told %d times that lin left, want once", n-before)
	}
	b.hubs[0].Unwatch(wp, b.conv.ID)
	if n := visitor.count("live.Viewers"); n != 0 {
		t.Errorf("the visitor was told %d times who looks", n)
	}
}

// A notice reaches whom it names, on every node and whatever they have open.
func TestNotices(t *testing.T) {
	b := newBench(t, 2, live.Options{}, plain{})
	lin, wei := newReader(t, bot.ViewAgent), newReader(t, bot.ViewAgent)
	for i, r := range []*reader{lin, wei} {
		if _, err := b.hubs[i].Connect(live.Who{Workspace: ws, View: bot.ViewAgent, Agent: []bot.AgentID{"lin", "wei"}[i]}, &socket{r}); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("看一下", 4000) // more than the bus carries in one frame
	w, err := b.tl.Write(context.Background(), ws, b.conv.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{{
			Kind: bot.EventNote, At: now(), Author: bot.Author{Kind: bot.AuthorAgent, ID: "lin"},
			Body: bot.Body{Text: long, Tell: []bot.AgentID{"wei", "lin"}},
		}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.hubs[0].Published(w)
	b.hubs[0].Published(bot.Written{Conversation: w.Conversation, Events: w.Events, Dup: true})
	wei.wait("the notice", func() bool { return wei.count("live.Notice") == 1 })
	var n live.Notice
	wei.mu.Lock()
	for _, f := range wei.frames {
		if f.Type == "live.Notice" {
			if err := json.Unmarshal(f.Body, &n); err != nil {
				t.Error(err)
			}
		}
	}
	wei.mu.Unlock()
	if n.Event.ID != w.Events[0].ID || n.Conversation.ID != b.conv.ID || !strings.HasPrefix(n.Event.Body.Text, "看一下") || len([]rune(n.Event.Body.Text)) > 301 {
		t.Errorf("notice %+v", n)
	}
	if n := lin.count("live.Notice"); n != 0 {
		t.Errorf("who wrote it was told %d times", n)
	}
}

// A piece that comes after the end of its answer was told is shown to nobody.
func TestNoPieceFollowsTheEnd(t *testing.T) {
	b := newBench(t, 1, live.Options{}, plain{})
	visitor := newReader(t, bot.ViewVisitor)
	b.connect(b.hubs[0], visitor)
	ends := func(run bot.RunID) {
		t.Helper()
		w, err := b.tl.Write(context.Background(), ws, b.conv.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Events: []bot.NewEvent{{
				Kind: bot.EventFinished, Visible: true, At: now(), Author: bot.Author{Kind: bot.AuthorBot}, Body: bot.Body{Run: run, Of: "e"},
			}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.hubs[0].Published(w)
	}
	piece := func(run bot.RunID) {
		b.hubs[0].Delta(bot.Delta{Workspace: ws, Conversation: b.conv.ID, Run: run, Event: "e", Attempt: 1, Text: "words"})
	}
	ends("first")
	piece("first")
	piece("second") // another answer is shown
	visitor.wait("a piece", func() bool { return visitor.count("live.Delta") > 0 })
	visitor.mu.Lock()
	defer visitor.mu.Unlock()
	for _, f := range visitor.frames {
		if f.Type == "live.Delta" && strings.Contains(string(f.Body), `"first"`) {
			t.Error("a piece came after the end of its answer")
		}
	}
}
