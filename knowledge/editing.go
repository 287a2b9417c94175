package knowledge

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Put writes a document as an editor made it. expect is the version the editor
// saw; 0 makes a new document. ID, Version, Hash and the times are set here, and
// of an existing document Path and Source stay; a missing Status is draft for a
// new document and as before for an old one, a missing Language is found out.
// Content that is as before makes no new version; a nil Confirmed is as before.
//
// Errors: Invalid naming the fields; NotFound; Conflict when the document moved
// on, is deleted, or the path of a new one is taken; what the judge says.
func (l *Library) Put(ctx context.Context, d Document, expect int, despite ...Despite) (Document, error) {
	var before Status
	asBefore := d.Confirmed == nil
	now := l.now().UTC().Truncate(time.Microsecond)
	if expect == 0 {
		d.ID, d.Version, d.CreatedAt, d.Source = DocumentID(id.New()), 1, now, ""
		if d.Path == "" {
			d.Path = "console/" + string(d.ID)
		}
		if d.Status == "" {
			d.Status = StatusDraft
		}
	}
	tidy(&d)
	if err := check(&d); err != nil {
		return Document{}, err
	}
	if expect != 0 {
		old, err := l.current(ctx, d.Workspace, d.ID, expect)
		if err != nil {
			return Document{}, err
		}
		before = old.Status
		if d.Status == "" {
			d.Status = old.Status
		}
		if asBefore {
			d.Confirmed = old.Confirmed
		}
		d.Path, d.Source, d.CreatedAt, d.Version = old.Path, old.Source, old.CreatedAt, old.Version+1
		d.Language = languageOf(&d)
		if d.Hash = contentHash(&d); d.Hash == old.Hash && slices.Equal(d.Confirmed, old.Confirmed) {
			if d.Status == old.Status {
				return old, nil
			}
			return l.setStatus(ctx, old, d.Status, d.UpdatedBy, despite)
		}
	}
	d.Language = languageOf(&d)
	d.Hash, d.UpdatedAt = contentHash(&d), now
	r, err := l.revision(ctx, d)
	if err != nil {
		return Document{}, err
	}
	return d, l.release(ctx, before, r, despite)
}

// Confirm notes that a document answers a question of a visitor: it is found by it
// from now on. expect as in Put; a question that the document has is no change.
// Errors: as of Put.
func (l *Library) Confirm(ctx context.Context, ws id.Workspace, doc DocumentID, expect int, question, by string, despite ...Despite) (Document, error) {
	d, err := l.current(ctx, ws, doc, expect)
	if err != nil {
		return Document{}, err
	}
	question = strings.TrimSpace(question)
	if has(d, question) {
		return d, nil
	}
	if len(d.Confirmed) >= maxAsked { // the oldest has done its work the longest
		d.Confirmed = d.Confirmed[len(d.Confirmed)-maxAsked+1:]
	}
	d.Confirmed = append(slices.Clone(d.Confirmed), question)
	d.UpdatedBy = by
	return l.Put(ctx, d, expect, despite...)
}

// has reports whether a document is asked by these words already.
func has(d Document, question string) bool {
	key := slug(question)
	for _, list := range [][]string{{d.Question}, d.Paraphrases, d.Confirmed} {
		for _, q := range list {
			if q != "" && slug(q) == key {
				return true
			}
		}
	}
	return false
}

// SetStatus publishes a document or takes it back to draft; expect as in Put. The
// version stays. Errors: Invalid, NotFound, Conflict; what the judge says.
func (l *Library) SetStatus(ctx context.Context, ws id.Workspace, doc DocumentID, expect int, s Status, by string, despite ...Despite) (Document, error) {
	if s != StatusDraft && s != StatusPublished {
		return Document{}, fault.New(fault.Invalid, "a document is draft or published").WithField("status", "use draft or published")
	}
	old, err := l.current(ctx, ws, doc, expect)
	if err != nil || old.Status == s {
		return old, err
	}
	return l.setStatus(ctx, old, s, by, despite)
}

// Delete takes a document out of search and frees its path. Its versions are kept
// and Restore brings it back. expect as in Put; a deleted document is left as it is.
func (l *Library) Delete(ctx context.Context, ws id.Workspace, doc DocumentID, expect int, by string, despite ...Despite) error {
	old, err := l.store.Document(ctx, ws, doc)
	if err != nil || old.Status == StatusDeleted {
		return err
	}
	if old.Version != expect {
		return moved(old.Version)
	}
	_, err = l.setStatus(ctx, old, StatusDeleted, by, despite)
	return err
}

// Restore makes the content of an earlier version the newest version; a deleted
// document comes back as a draft. Confirmed questions stay as they are. expect as
// in Put. Errors: NotFound, Conflict; what the judge says.
func (l *Library) Restore(ctx context.Context, ws id.Workspace, doc DocumentID, expect, version int, by string, despite ...Despite) (Document, error) {
	old, err := l.store.Document(ctx, ws, doc)
	if err != nil {
		return Document{}, err
	}
	if old.Version != expect {
		return Document{}, moved(old.Version)
	}
	d := old
	if version != old.Version {
		earlier, err := l.store.Versions(ctx, ws, doc, version+1, 1)
		if err != nil {
			return Document{}, err
		}
		if len(earlier) == 0 || earlier[0].Version != version {
			return Document{}, fault.New(fault.NotFound, "the document has no version %d", version)
		}
		d = earlier[0]
		d.Path, d.Source, d.Status, d.Version, d.Confirmed = old.Path, old.Source, old.Status, old.Version+1, old.Confirmed
	}
	if d.Hash == old.Hash {
		d.Version = old.Version // the same content is not stored twice in a row
	}
	if old.Status == StatusDeleted {
		d.Status = StatusDraft
	} else if d.Version == old.Version {
		return old, nil
	}
	d.CreatedAt, d.UpdatedAt, d.UpdatedBy = old.CreatedAt, l.now().UTC().Truncate(time.Microsecond), by
	r, err := l.revision(ctx, d)
	if err != nil {
		return Document{}, err
	}
	return d, l.release(ctx, old.Status, r, despite)
}

// current returns the undeleted document if it is at version expect.
func (l *Library) current(ctx context.Context, ws id.Workspace, doc DocumentID, expect int) (Document, error) {
	d, err := l.store.Document(ctx, ws, doc)
	switch {
	case err != nil:
		return Document{}, err
	case d.Status == StatusDeleted:
		return Document{}, fault.New(fault.Conflict, "the document was deleted; restore it first")
	case d.Version != expect:
		return Document{}, moved(d.Version)
	}
	return d, nil
}

func moved(version int) error {
	return fault.New(fault.Conflict, "somebody changed the document: it is at version %d now", version)
}

// setStatus writes d with another status at its present version.
func (l *Library) setStatus(ctx context.Context, d Document, s Status, by string, despite []Despite) (Document, error) {
	before := d.Status
	d.Status, d.UpdatedAt, d.UpdatedBy = s, l.now().UTC().Truncate(time.Microsecond), by
	r, err := l.revision(ctx, d)
	if err != nil {
		return Document{}, err
	}
	return d, l.release(ctx, before, r, despite)
}
