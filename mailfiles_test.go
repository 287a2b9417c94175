package frontdesk

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

// Files of a visitor's mail are kept as if they had uploaded them; what is not safe is
// named. Files of an answer go out with it.
func TestFilesByMail(t *testing.T) {
	b := newMailbed(t)
	visitor := bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}
	if _, err := b.app.desk.LeaveMessage(t.Context(), id.DefaultWorkspace, b.conv, bot.Key{Sender: visitor, ClientMsgID: id.New(), Digest: "x"},
		handoff.Contact{Email: "ann@home.test", Text: "My parcel is wet."}); err != nil {
		t.Fatal(err)
	}
	form, err := b.app.uploads.Save(t.Context(), upload.File{Workspace: id.DefaultWorkspace, Account: "lin", Name: "退货单 form.csv"}, strings.NewReader("name,order\nAnn,7\n"))
	if err != nil {
		t.Fatal(err)
	}
	b.answer("Please fill this in.", "", bot.Attachment{ID: form.ID, Name: form.Name, Type: form.Type, Size: form.Size})
	sent := b.arrives("ann", 1)
	reply, err := mail.ParseAddress(sent.Header.Get("Reply-To"))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(sent.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("the answer is %s, %v", kind, err)
	}
	parts := multipart.NewReader(strings.NewReader(sent.Text), params["boundary"])
	if words, err := parts.NextPart(); err != nil || !strings.HasPrefix(words.Header.Get("Content-Type"), "text/plain") {
		t.Fatalf("no words: %v", err)
	}
	file, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	name, err := new(mime.WordDecoder).DecodeHeader(file.FileName())
	data, err2 := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file))
	if err != nil || err2 != nil || name != "退货单 form.csv" || string(data) != "name,order\nAnn,7\n" || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("the file is %q (%v), %q, %v, %v", name, file.Header, data, err, err2)
	}

	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	attach := func(name string, data []byte) string {
		return "--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"" + name + "\"\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString(data) + "\n"
	}
	raw := "From: Ann <ann@home.test>\nTo: " + reply.Address + "\nSubject: Re: x\nMessage-ID: <files@home.test>\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHere it is.\n" +
		attach("wet.png", picture.Bytes()) + attach("invoice.pdf.exe", []byte("MZ\x90\x00\x03\x00\x00\x00")) + attach("empty.txt", nil) + "--b--\n"
	for range 2 {
		b.server.Deliver(t, "ann@home.test", reply.Address, raw)
	}
	var came *bot.Event
	find := func() bool {
		page, err := b.app.db.conversations.Events(t.Context(), bot.EventQuery{Workspace: id.DefaultWorkspace, Conversation: b.conv, View: bot.ViewVisitor, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if e.Body.Via == "mail" {
				came = &e
			}
		}
		return came != nil
	}
	b.eventually("Ann's mail", find)
	if came.Body.Text != "Here it is." || len(came.Body.Attachments) != 1 || came.Body.Attachments[0].Name != "wet.png" || came.Body.Attachments[0].Type != "image/png" {
		t.Fatalf("came %+v", came.Body)
	}
	kept, err := b.app.uploads.ForVisitor(t.Context(), id.DefaultWorkspace, came.Body.Attachments[0].ID, "v1")
	if err != nil || kept.Visitor != "v1" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if _, err := b.app.uploads.ForVisitor(t.Context(), id.DefaultWorkspace, form.ID, "v2"); err == nil {
		t.Error("a stranger reads the form")
	}
	notes := b.events(bot.EventNote)
	if len(notes) != 1 || !strings.Contains(notes[0], "invoice.pdf.exe (files of this kind are not taken: application/vnd.microsoft.portable-executable)") || !strings.Contains(notes[0], "empty.txt (the file is empty)") {
		t.Errorf("notes %q", notes)
	}

	// The counters tell: the mail that came twice came once.
	b.eventually("the second copy to be looked at", func() bool {
		_, flags := b.server.Mails(t, "support")
		return len(flags) == 2 && strings.Contains(flags[1], "S")
	})
	families, err := b.app.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if strings.HasPrefix(f.GetName(), "frontdesk_mail") {
				outcome := ""
				for _, l := range m.GetLabel() {
					outcome = "/" + l.GetValue()
				}
				got[f.GetName()+outcome] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	for name, want := range map[string]float64{
		"frontdesk_mails_total/sent": 1, "frontdesk_mails_total/received": 1, "frontdesk_mails_total/refused": 0,
		"frontdesk_mail_files_total/taken": 1, "frontdesk_mail_files_total/refused": 2, "frontdesk_mail_oldest_seconds": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}
