package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // reads what is not UTF-8, such as GBK
	gomail "github.com/emersion/go-message/mail"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
)

// Bounds of what is read of a mail.
const (
	maxBytes = 30 << 20 // of the mail: some 20 MB of files
	maxText  = 2 << 20  // of each text
	maxRunes = 8000     // of the words that are taken
	maxParts = 100
	maxFiles = 10 // as many as a message has
	maxNames = 20 // of files that are not taken
)

// In is a mail that came in for a ticket. Whoever takes it says in MailIn which of
// its files were kept.
type In struct {
	handoff.MailIn
	Attached []Attached
}

// Attached is a file of a mail.
type Attached struct {
	Name string // as the sender called it; "" has none
	Type string // media type, as the sender said; "" unknown
	Data []byte
}

// read makes of a mail what belongs to a ticket; ok is false for one that does not.
func (p *Post) read(raw []byte) (in In, ok bool) {
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return in, false
	}
	h := r.Header
	plain, html, files, left := parts(r)
	if len(raw) == maxBytes {
		left = append(left, handoff.LeftFile{Name: "…", Why: handoff.LeftLong, Of: strconv.Itoa(maxBytes >> 20)})
	}
	if plain == "" {
		plain = textOf(html)
	}
	if in.Ticket, ok = p.match(h, plain+"\n"+html); !ok {
		return in, false
	}
	if from, err := h.AddressList("From"); err == nil && len(from) > 0 {
		in.From = from[0].Address
	}
	if strings.EqualFold(in.From, p.from.Address) {
		return in, false // our own words came back
	}
	in.Message, _ = h.MessageID()
	if in.Message == "" {
		sum := sha256.Sum256(raw)
		in.Message = hex.EncodeToString(sum[:16]) + "@none"
	}
	in.Automatic = automatic(h)
	in.Bounced = bounced(h, raw)
	in.Attached, in.Left = files, left
	in.Text = cut(written(plain))
	return in, true
}

// match finds the ticket: in the addresses that the mail went to, in the mails that
// it answers, in the text that it repeats.
func (p *Post) match(h gomail.Header, text string) (handoff.TicketID, bool) {
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "References", "In-Reply-To"} {
		for f := h.FieldsByKey(name); f.Next(); {
			if t, ok := p.sign.find(f.Value()); ok {
				return t, true
			}
		}
	}
	return p.sign.find(text)
}

// automatic reports whether a machine wrote the mail (RFC 3834 and what is usual).
func automatic(h gomail.Header) bool {
	if v := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); v != "" && v != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	if h.Has("X-Autoreply") || h.Has("X-Autorespond") || h.Has("List-Id") || strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	kind, _, _ := h.ContentType()
	return kind == "multipart/report"
}

// failed says in a delivery report that a mail was given up (RFC 3464); others tell of
// a delay, or that it arrived.
var failed = regexp.MustCompile(`(?im)^action:\s*failed\b`)

// bounced reports whether the mail says that another one never arrived.
func bounced(h gomail.Header, raw []byte) bool {
	kind, params, _ := h.ContentType()
	return kind == "multipart/report" && strings.EqualFold(params["report-type"], "delivery-status") && failed.Match(raw)
}

// parts collects the texts of a mail and its files; left names files that cannot be
// read, or are too many. What cannot be understood ends it.
func parts(r *gomail.Reader) (plain, html string, files []Attached, left []handoff.LeftFile) {
	for range maxParts {
		part, err := r.NextPart()
		if err != nil && (part == nil || !message.IsUnknownCharset(err)) {
			return plain, html, files, left
		}
		var f Attached
		switch h := part.Header.(type) {
		case *gomail.AttachmentHeader:
			f.Type, _, _ = h.ContentType()
			f.Name, _ = h.Filename() // one that cannot be read is none
		case *gomail.InlineHeader:
			kind, _, _ := h.ContentType()
			if kind == "text/html" || kind == "text/plain" {
				b, err := io.ReadAll(io.LimitReader(part.Body, maxText))
				if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
					return plain, html, files, left
				}
				text := strings.ReplaceAll(lettersOf(b), "\r\n", "\n")
				switch {
				case kind == "text/plain" && plain == "":
					plain = text
				case kind == "text/html" && html == "":
					html = text
				}
				continue
			}
			if kind == "" || strings.HasPrefix(kind, "message/") {
				continue
			}
			f.Type, f.Name = kind, named(h.Get("Content-Type"), kind)
		}
		switch f.Data, err = io.ReadAll(part.Body); {
		case err != nil && len(left) < maxNames:
			left = append(left, handoff.LeftFile{Name: f.Name, Why: handoff.LeftCut})
		case err != nil:
		case len(files) < maxFiles:
			files = append(files, f)
		case len(left) < maxNames:
			left = append(left, handoff.LeftFile{Name: f.Name, Why: handoff.LeftMany, Of: strconv.Itoa(maxFiles)})
		}
	}
	return plain, html, files, left
}

// lettersOf reads bytes that should be UTF-8 by now. Some programs write what their
// machine uses and do not say so, or say something else.
func lettersOf(b []byte) string {
	if !utf8.Valid(b) {
		if text, _, err := extract.Text(b); err == nil {
			return text
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// named is what an inline part that is no text is called.
func named(contentType, kind string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["name"] != "" {
		return params["name"]
	}
	return kind
}

func cut(text string) string {
	if r := []rune(text); len(r) > maxRunes {
		return string(r[:maxRunes-1]) + "…"
	}
	return text
}
