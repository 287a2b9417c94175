package bot

import "time"

// lastTextRunes bounds Conversation.LastText.
const lastTextRunes = 200

// Empty reports whether the change writes nothing.
func (ch Change) Empty() bool {
	return len(ch.Events) == 0 && ch.Row == nil && !ch.Owe && ch.Run == nil && !ch.Cancel && ch.Trace == nil
}

// Append returns the row and the events as an engine is to store them: the one
// place where a change gets its numbers, so that all engines number alike. c is
// the locked row, newID makes identifiers, now is the time of the write.
//
// stopped are the runs that the change cancels. Each that had a placeholder gets
// its finished event with the text so far, ahead of the change's own events:
// after the line that says a person took over, the bot says nothing.
// The change's first event is at index first.
//
// The control epoch rises by one, whatever Row did to it, when Row changed the
// speaker, closed the conversation or raised it; Row can never lower it.
func (c Conversation) Append(ch Change, key Key, stopped []Run, newID func() string, now time.Time) (row Conversation, events []Event, first int) {
	before := c
	if ch.Row != nil {
		ch.Row(&c)
	}
	c.Workspace, c.ID, c.ClientConvID, c.Visitor = before.Workspace, before.ID, before.ClientConvID, before.Visitor
	c.Seq, c.VSeq, c.Version, c.CreatedAt, c.UpdatedAt = before.Seq, before.VSeq, before.Version+1, before.CreatedAt, before.UpdatedAt
	raised := c.Speaker != before.Speaker || c.ControlEpoch > before.ControlEpoch ||
		c.Service == ServiceClosed && before.Service != ServiceClosed
	c.ControlEpoch = before.ControlEpoch
	add := func(e NewEvent, epoch int64) {
		if e.ID == "" {
			e.ID = EventID(newID())
		}
		if e.At.IsZero() {
			e.At = now
		}
		c.Seq++
		out := Event{
			ID: e.ID, Conversation: c.ID, Seq: c.Seq, Kind: e.Kind, Author: e.Author, Epoch: epoch,
			At: e.At.UTC().Truncate(time.Microsecond), Body: e.Body,
		}
		if e.Visible {
			c.VSeq++
			out.VSeq = c.VSeq
			if e.Body.Text != "" && (e.Kind == EventMessage || e.Kind == EventFinished) {
				c.LastText, c.LastBy = cut(e.Body.Text, lastTextRunes), e.Author.Kind
			}
		}
		events = append(events, out)
		c.UpdatedAt = out.At
	}
	for _, r := range stopped {
		if r.Placeholder == "" {
			continue
		}
		add(NewEvent{
			Kind: EventFinished, Author: Author{Kind: AuthorBot}, Visible: true, At: now,
			Body: Body{Text: r.Text, Of: r.Placeholder, Run: r.ID, State: r.State},
		}, c.ControlEpoch)
	}
	if raised {
		c.ControlEpoch++
	}
	first = len(events)
	for i, e := range ch.Events {
		add(e, c.ControlEpoch)
		if i == 0 {
			events[first].ClientMsgID = key.ClientMsgID
		}
	}
	return c, events, first
}

// Traced returns the event that the change's trace explains: the trace's own,
// otherwise the placeholder that the first event finishes, otherwise that event.
func (t Trace) Traced(first Event) EventID {
	switch {
	case t.Event != "":
		return t.Event
	case first.Kind == EventFinished && first.Body.Of != "":
		return first.Body.Of
	}
	return first.ID
}

// cut returns at most n runes of s.
func cut(s string, n int) string {
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}
