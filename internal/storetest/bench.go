package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// BenchSends measures durable acknowledged visitor messages, each with the
// run that owes it an answer: the whole path of a send below the socket. open
// returns an empty database whose commits are on disk.
func BenchSends(b *testing.B, open func(b *testing.B) Stores) {
	for _, senders := range []int{1, 16, 64, 128} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			s := open(b).Timeline
			convs := make([]bot.ConversationID, senders)
			for i := range convs {
				w, err := s.Open(b.Context(), bot.Conversation{Workspace: "w", Inbox: "site", Visitor: bot.VisitorID(fmt.Sprint(i)), ClientConvID: id.New()},
					bot.Key{}, func(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil })
				if err != nil {
					b.Fatal(err)
				}
				convs[i] = w.Conversation.ID
			}
			took := make([][]time.Duration, senders)
			var wg sync.WaitGroup
			b.ResetTimer()
			for i := range senders {
				n := b.N / senders
				if i < b.N%senders {
					n++
				}
				wg.Go(func() {
					by := bot.Author{Kind: bot.AuthorVisitor, ID: fmt.Sprint(i)}
					for range n {
						start := time.Now()
						_, err := s.Write(b.Context(), "w", convs[i], bot.Key{Sender: by, ClientMsgID: id.New(), Digest: "d"},
							func(bot.Conversation) (bot.Change, error) {
								return bot.Change{Owe: true, Events: []bot.NewEvent{{
									Kind: bot.EventMessage, Author: by, Visible: true,
									Body: bot.Body{Text: "How long does delivery to Canada take, and what does it cost?", Language: "en"},
								}}}, nil
							})
						if err != nil {
							b.Error(err)
							return
						}
						took[i] = append(took[i], time.Since(start))
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			all := slices.Concat(took...)
			slices.Sort(all)
			b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "sends/s")
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchDesk measures whole passes through a desk with a long line: one joins,
// the oldest is offered, accepted and closed. Four durable transactions a pass.
func BenchDesk(b *testing.B, open func(b *testing.B) Stores) {
	for _, line := range []int{0, 50, 500} {
		b.Run(fmt.Sprintf("line=%d", line), func(b *testing.B) {
			stores := open(b)
			s := stores.Timeline
			d := handoff.New(stores.Desk, s, quiet{}, time.Now, nil, nil)
			ctx := b.Context()
			ask := func() {
				w, err := s.Open(ctx, bot.Conversation{Workspace: "w", Inbox: "site", Visitor: "v", ClientConvID: id.New()},
					bot.Key{}, func(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil })
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.Enqueue(ctx, bot.Escalation{Workspace: "w", Conversation: w.Conversation.ID, Reason: bot.ReasonAsked}); err != nil {
					b.Fatal(err)
				}
			}
			for i := range 20 {
				a := bot.AgentID(fmt.Sprint("agent", i))
				if _, err := d.PutAgent(ctx, handoff.Agent{Workspace: "w", ID: a, Name: "Agent", Capacity: 1}); err != nil {
					b.Fatal(err)
				}
				if i == 0 {
					if _, err := d.SetDuty(ctx, "w", a, handoff.DutyOn); err != nil {
						b.Fatal(err)
					}
				}
			}
			for range line {
				ask()
			}
			b.ResetTimer()
			for range b.N {
				if err := d.Beat(ctx, "w", []bot.AgentID{"agent0"}); err != nil {
					b.Fatal(err)
				}
				ask()
				if err := d.Sweep(ctx); err != nil {
					b.Fatal(err)
				}
				offers, err := d.Offers(ctx, "w", "agent0")
				if err != nil || len(offers) != 1 {
					b.Fatalf("%d offers, %v", len(offers), err)
				}
				w, err := d.Accept(ctx, "w", offers[0].ID, "agent0")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.Close(ctx, "w", w.Conversation.ID, bot.Author{Kind: bot.AuthorSystem}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "passes/s")
		})
	}
}

type quiet struct{}

func (quiet) Published(bot.Written) {}
func (quiet) Delta(bot.Delta)       {}
func (quiet) Typing(bot.Typing)     {}
