package sqlite

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// BenchmarkSends measures durable acknowledged visitor messages, each with the
// run that owes it an answer: the whole path of a send below the socket. The
// bar is 3,000 a second with a p99 of at most 50 ms.
//
//	go test -run '^$' -bench Sends -benchtime 20000x ./internal/sqlite
func BenchmarkSends(b *testing.B) {
	for _, senders := range []int{1, 16, 64, 128} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			db := openTest(b)
			s := db.Conversations()
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
								return bot.Change{Owe: true, Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: by, Visible: true,
									Body: bot.Body{Text: "How long does delivery to Canada take, and what does it cost?", Language: "en"}}}}, nil
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
