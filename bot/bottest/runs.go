package bottest

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func speaks(s bot.RunState) bool { return s == bot.RunActive || s == bot.RunStreaming }

// find returns the first run of a conversation that fits. s.mu is held.
func (s *Store) find(ws bot.WorkspaceID, conv bot.ConversationID, fits func(bot.RunState) bool) *bot.Run {
	for _, r := range s.runs {
		if r.Workspace == ws && r.Conversation == conv && fits(r.State) {
			return r
		}
	}
	return nil
}

func waits(s bot.RunState) bool { return s == bot.RunQueued }

// owe queues a run unless one is queued. s.mu is held.
func (s *Store) owe(c bot.Conversation, e bot.Event, now time.Time) bot.RunID {
	if r := s.find(c.Workspace, c.ID, waits); r != nil {
		return r.ID
	}
	r := &bot.Run{
		Workspace: c.Workspace, ID: bot.RunID(id.New()), Conversation: c.ID, Trigger: e.ID, From: e.Seq,
		State: bot.RunQueued, CreatedAt: now, UpdatedAt: now,
	}
	s.runs = append(s.runs, r)
	return r.ID
}

// moveRun ends or moves the run that made a change, if it may still speak. s.mu is held.
func (s *Store) moveRun(c bot.Conversation, u bot.RunUpdate, now time.Time) error {
	if u.Epoch != c.ControlEpoch {
		return fault.New(fault.Conflict, "Somebody else speaks in this conversation now.")
	}
	r := s.run(c.Workspace, u.ID)
	if r == nil || r.Conversation != c.ID || r.Attempt != u.Attempt || !speaks(r.State) {
		return fault.New(fault.Conflict, "This answer was taken over or ended by somebody else.")
	}
	if u.Text != "" {
		r.Text = u.Text
	}
	if u.Placeholder != "" {
		r.Placeholder = u.Placeholder
	}
	r.UpdatedAt = now
	switch u.State {
	case "":
	case bot.RunQueued:
		s.requeue(r, now)
	default:
		r.State = u.State
	}
	return nil
}

// run finds one run. s.mu is held.
func (s *Store) run(ws bot.WorkspaceID, run bot.RunID) *bot.Run {
	for _, r := range s.runs {
		if r.Workspace == ws && r.ID == run {
			return r
		}
	}
	return nil
}

// requeue gives a claimed run back; a newer one that waits answers for both.
func (s *Store) requeue(r *bot.Run, now time.Time) {
	r.UpdatedAt = now
	if other := s.find(r.Workspace, r.Conversation, waits); other != nil {
		r.State = bot.RunSuperseded
		other.From, other.UpdatedAt = min(other.From, r.From), now
		return
	}
	r.State, r.Owner, r.LeaseUntil, r.Through = bot.RunQueued, "", time.Time{}, 0
}

// owed returns the run that speaks, or the one that waits. s.mu is held.
func (s *Store) owed(c bot.Conversation) *bot.Run {
	r := s.find(c.Workspace, c.ID, speaks)
	if r == nil {
		r = s.find(c.Workspace, c.ID, waits)
	}
	if r == nil {
		return nil
	}
	out := *r
	return &out
}

// Run implements bot.RunStore.
func (s *Store) Run(_ context.Context, ws bot.WorkspaceID, run bot.RunID) (bot.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return bot.Run{}, s.down
	}
	if r := s.run(ws, run); r != nil {
		return *r, nil
	}
	return bot.Run{}, fault.New(fault.NotFound, "There is no such answer.")
}

// ClaimRun implements bot.RunStore.
func (s *Store) ClaimRun(_ context.Context, owner string, lease time.Duration, now time.Time) (bot.Run, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return bot.Run{}, false, s.down
	}
	now = now.UTC().Truncate(time.Microsecond)
	for _, r := range s.runs { // as they were made: oldest first
		switch {
		case r.State == bot.RunQueued && s.find(r.Workspace, r.Conversation, speaks) == nil:
		case speaks(r.State) && !now.Before(r.LeaseUntil): // a takeover
		default:
			continue
		}
		k := s.convs[convKey{r.Workspace, r.Conversation}]
		r.State, r.Owner, r.Attempt, r.Epoch, r.Through = bot.RunActive, owner, r.Attempt+1, k.row.ControlEpoch, r.From
		r.UpdatedAt, r.LeaseUntil = now, now.Add(lease)
		for _, e := range k.events {
			if e.Kind == bot.EventMessage && e.Author.Kind == bot.AuthorVisitor {
				r.Through = max(r.Through, e.Seq)
			}
		}
		s.tell()
		return *r, true, nil
	}
	return bot.Run{}, false, nil
}

// RenewRuns implements bot.RunStore.
func (s *Store) RenewRuns(_ context.Context, owner string, runs []bot.RunID, lease time.Duration, now time.Time) ([]bot.RunID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	var held []bot.RunID
	for _, r := range s.runs {
		if r.Owner == owner && speaks(r.State) && slices.Contains(runs, r.ID) {
			r.LeaseUntil = now.UTC().Truncate(time.Microsecond).Add(lease)
			held = append(held, r.ID)
		}
	}
	s.tell()
	return held, nil
}

// Checkpoint implements bot.RunStore.
func (s *Store) Checkpoint(_ context.Context, ws bot.WorkspaceID, run bot.RunID, attempt int, text string, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return false, s.down
	}
	r := s.run(ws, run)
	if r == nil || r.Attempt != attempt || !speaks(r.State) {
		return false, nil
	}
	r.Text, r.UpdatedAt = text, now.UTC().Truncate(time.Microsecond)
	return true, nil
}

// ReleaseRuns implements bot.RunStore.
func (s *Store) ReleaseRuns(_ context.Context, owner string, _ time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return 0, s.down
	}
	n, now := 0, s.now()
	defer s.tell()
	for _, r := range s.runs {
		if !speaks(r.State) || owner != "" && r.Owner != owner {
			continue
		}
		s.requeue(r, now)
		n++
		if r.State != bot.RunSuperseded || r.Placeholder == "" {
			continue
		}
		// Nobody else will write the end of the answer that was cut off.
		k := s.convs[convKey{r.Workspace, r.Conversation}]
		end := bot.Change{Events: []bot.NewEvent{{
			Kind: bot.EventFinished, Author: bot.Author{Kind: bot.AuthorBot}, Visible: true, At: now,
			Body: bot.Body{Text: r.Text, Of: r.Placeholder, Run: r.ID, State: bot.RunSuperseded},
		}}}
		if _, err := s.write(k, bot.Key{}, func(bot.Conversation) (bot.Change, error) { return end, nil }); err != nil {
			return n, err
		}
	}
	return n, nil
}
