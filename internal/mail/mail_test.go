package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

const (
	ticket = handoff.TicketID("01a21dc2-db20-7ae6-a340-e5567875b230")
	secret = "a secret that nobody else knows about"
)

func newPost(t testing.TB) *Post {
	t.Helper()
	p, err := New(Config{SMTP: "smtp://mail.test", From: "Shop <support@shop.test>", Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A token is found however it is written, and no other string is one.
func TestToken(t *testing.T) {
	s, other := signer{[]byte(secret)}, signer{[]byte(strings.ToUpper(secret))}
	token := s.token(ticket)
	if len(token) != tokenLength {
		t.Errorf("a token of %d characters", len(token))
	}
	for _, text := range []string{token, "Support+" + strings.ToUpper(token) + "@shop.test", "<" + token + ".01a2@shop.test>", "> Ref: " + token + "\r\n"} {
		if got, ok := s.find(text); !ok || got != ticket {
			t.Errorf("in %q is %q, %v", text, got, ok)
		}
		if got, ok := other.find(text); ok {
			t.Errorf("another key finds %q in %q", got, text)
		}
	}
	if got := s.token("none"); got != "" {
		t.Errorf("a token %q of no ticket", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, tokenLength-2).Draw(t, "at") // the last one holds spare bits
		letter := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz234567")).Draw(t, "letter")
		if token[at] == letter {
			return
		}
		forged := token[:at] + string(letter) + token[at+1:]
		if got, ok := s.find(forged); ok {
			t.Fatalf("the forged %s opens %s", forged, got)
		}
	})
}

func TestWritten(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Hello.\n\nBye.", "Hello.\n\nBye."},
		{"marker", "Yes.\n\n" + aboveEN + "\nRef: x", "Yes."},
		{"marker quoted", "好的。\n\n> " + aboveZH + "\n> Ref: x", "好的。"},
		{"gmail", "Yes.\n\nOn Fri, Nov 27, 2026 at 4:12 PM Lin · Shop <support@shop.test> wrote:\n\n> We send it.\n", "Yes."},
		{"gmail broken", "Yes.\n\nOn Fri, Nov 27, 2026 at 4:12 PM Lin · Shop\n<support@shop.test> wrote:\n> We send it.", "Yes."},
		{"gmail zh", "好的\n\n在 2026年11月27日 周五 16:12，Lin <support@shop.test> 写道：\n> 补发", "好的"},
		{"outlook", "Yes.\n________________________________\nFrom: Lin <support@shop.test>\nSent: Friday", "Yes."},
		{"outlook zh", "好的\n\n发件人: Lin <support@shop.test>\n发送时间: 2026年11月27日", "好的"},
		{"qq", "好的\n\n------------------ 原始邮件 ------------------\n发件人: x", "好的"},
		{"signature", "Yes.\n-- \nAnn\nHead of lamps", "Yes."},
		{"between", "> We send it.\nTo the old address?\n> When?\nToday.", "To the old address?\nToday."},
		{"forwarded alone", "---------- Forwarded message ---------\nFrom: x@y.z\nHello", "---------- Forwarded message ---------\nFrom: x@y.z\nHello"},
		{"netease", "好的\n\nAt 2026-11-27 16:12:00, \"Lin\" <support@shop.test> wrote:\n>补发", "好的"},
		{"forwarded from others", "See below.\n\n---------- Forwarded message ---------\nFrom: Post <post@post.test>\n\n> Lost.\nSorry.", "See below.\n\n\n---------- Forwarded message ---------\nFrom: Post <post@post.test>\n\n> Lost.\nSorry."},
		{"forwarded from us", "Any news?\n\n---------- Forwarded message ---------\nFrom: Lin <support@shop.test>\n\nWe send it.\n" + aboveEN + "\nRef: x", "Any news?"},
		{"forwarded from us, cut", "It is wet.\n\n---------- Forwarded message ---------\nFrom: Lin <support@shop.test>\n\n> Ref: " + strings.Repeat("a2", 21), "It is wet."},
		{"a sentence with on", "On Friday I was away.\nWhat now?", "On Friday I was away.\nWhat now?"},
		{"line ends", "Yes.\r\n> no\r\n", "Yes."},
	} {
		if diff := cmp.Diff(c.want, written(c.in)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestRead(t *testing.T) {
	p := newPost(t)
	to := p.reply(ticket)
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("包裹湿了。")
	if err != nil {
		t.Fatal(err)
	}
	head := "From: Ann <ann@home.test>\r\nTo: " + to + "\r\nMessage-ID: <m@home.test>\r\nMIME-Version: 1.0\r\n"
	mixed := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n" +
		"--a\r\nContent-Type: text/plain\r\n\r\nWet.\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>Wet!</p>\r\n--a--\r\n" +
		"--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=wet.jpg\r\n\r\nxx\r\n--b--\r\n"
	for _, c := range []struct {
		name, raw string
		want      handoff.MailIn
		files     []Attached
	}{
		{"plain", head + "\r\nWet.\r\n", handoff.MailIn{Text: "Wet."}, nil},
		{"parts", head + mixed, handoff.MailIn{Text: "Wet."}, []Attached{{"wet.jpg", "image/jpeg", []byte("xx")}}},
		{"cut off", head + mixed[:strings.Index(mixed, "xx")+1], handoff.MailIn{Text: "Wet.", Left: []handoff.LeftFile{{Name: "wet.jpg", Why: handoff.LeftCut}}}, nil},
		{
			"in the text, with a Chinese name", head + "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n\r\nSee.\r\n--b\r\nContent-Type: image/png; name=\"=?utf-8?B?" +
				base64.StdEncoding.EncodeToString([]byte("湿.png")) + "?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n",
			handoff.MailIn{Text: "See."},
			[]Attached{{"湿.png", "image/png", []byte{0, 1, 2}}},
		},
		{
			"too many", head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nAll.\r\n" +
				strings.Repeat("--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n", 11) + "--b--\r\n",
			handoff.MailIn{Text: "All.", Left: []handoff.LeftFile{{Name: "a.txt", Why: handoff.LeftMany, Of: "10"}}},
			slices.Repeat([]Attached{{"a.txt", "text/plain", []byte("x")}}, 10),
		},
		{
			"GBK", head + "Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(gbk)) + "\r\n",
			handoff.MailIn{Text: "包裹湿了。"},
			nil,
		},
		{
			"HTML alone", head + "Content-Type: text/html\r\n\r\n<html><head><style>p{}</style></head><body><p>Wet,\r\nall <b>of</b> it.</p><div>Bye<br>Ann</div>" +
				"<div class=\"gmail_quote\">On Friday<blockquote>We<br>send</blockquote></div></body></html>",
			handoff.MailIn{Text: "Wet, all of it.\n\nBye\nAnn"},
			nil,
		},
		{"absence", head + "Auto-Submitted: auto-replied\r\n\r\nAway.\r\n", handoff.MailIn{Text: "Away.", Automatic: true}, nil},
		{
			"given up", head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
				"Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; ann@home.test\r\nAction: failed\r\n\r\n--b--\r\n",
			handoff.MailIn{Text: "No such user.", Automatic: true, Bounced: true},
			[]Attached{{"", "message/delivery-status", []byte("Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; ann@home.test\r\nAction: failed\r\n")}},
		},
		{"GBK and says nothing", head + "\r\n" + gbk, handoff.MailIn{Text: "包裹湿了。"}, nil},
		{"GBK and says UTF-8", head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + gbk, handoff.MailIn{Text: "包裹湿了。"}, nil},
		{"Outlook, HTML alone", head + "Content-Type: text/html\r\n\r\n<div>Wet.</div><div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\">From: Lin</div><div>We send it.</div>", handoff.MailIn{Text: "Wet."}, nil},
		{"bounce", "Return-Path: <>\r\n" + head + "\r\nNo such user.\r\n", handoff.MailIn{Text: "No such user.", Automatic: true}, nil},
		{"long", head + "\r\n" + strings.Repeat("字", 9000), handoff.MailIn{Text: strings.Repeat("字", 7999) + "…"}, nil},
	} {
		c.want.Ticket, c.want.Message, c.want.From = ticket, "m@home.test", "ann@home.test"
		got, ok := p.read([]byte(c.raw))
		if diff := cmp.Diff(In{c.want, c.files}, got); !ok || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, ok, diff)
		}
	}
	thread := "From: bob@work.test\r\nTo: support@shop.test\r\nSubject: Re: [#1] Wet\r\n"
	for name, c := range map[string]struct {
		raw string
		ok  bool
	}{
		"answered":       {thread + "In-Reply-To: <" + p.messageID(handoff.Mail{Ticket: ticket, ID: "x"}) + ">\r\n\r\nHello", true},
		"in the thread":  {thread + "References: <a@b> <" + p.messageID(handoff.Mail{Ticket: ticket, ID: "x"}) + ">\r\n <c@d>\r\n\r\nHello", true},
		"forwarded":      {thread + "\r\nHello\r\n\r\n> Ref: " + p.sign.token(ticket), true},
		"number alone":   {thread + "\r\nHello", false},
		"ID alone":       {thread + "\r\nHello " + string(ticket), false},
		"our own":        {"From: Lin <support@shop.test>\r\nTo: " + to + "\r\n\r\nHello", false},
		"no mail at all": {"\x00\x01", false},
	} {
		if got, ok := p.read([]byte(c.raw)); ok != c.ok {
			t.Errorf("%s: %v, %+v", name, ok, got)
		}
	}
	one, _ := p.read([]byte(thread + "\r\nHello " + p.sign.token(ticket)))
	other, _ := p.read([]byte(thread + "\r\nHello! " + p.sign.token(ticket)))
	if one.Message == "" || one.Message == other.Message {
		t.Errorf("mails without a Message-ID are told apart by %q and %q", one.Message, other.Message)
	}
}

// What is sent is the same every time, goes on with its thread, and is matched when
// it comes back in an answer.
func TestCompose(t *testing.T) {
	p := newPost(t)
	f := handoff.TicketFile{
		Ticket: handoff.Ticket{ID: ticket, Subject: "包裹湿了", Language: "zh"},
		Mails: []handoff.Mail{
			{ID: "1", Ticket: ticket, Out: true, State: handoff.MailSent},
			{ID: "2", Ticket: ticket, Message: "ann@home.test"},
			{ID: "3", Ticket: ticket, Message: "bad\r\nBcc: x"},
			{ID: "4", Ticket: ticket, Out: true, State: handoff.MailDue, Address: "ann@home.test", Text: "好的", Author: "Lin\r\nBcc: eve@evil.test", CreatedAt: time.Unix(1e9, 0)},
		},
	}
	msg, err := p.compose(f.Mails[3], f, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
	if strings.Contains(head, "\nBcc:") {
		t.Errorf("a header was smuggled in:\n%s", head)
	}
	folded := strings.Join(strings.Fields(head), " ")
	for _, want := range []string{
		"In-Reply-To: <ann@home.test>", "References: <" + p.messageID(f.Mails[0]) + "> <ann@home.test>",
		"Message-ID: <" + p.messageID(f.Mails[3]) + ">", "Reply-To: <" + p.reply(ticket) + ">",
	} {
		if !strings.Contains(folded, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
	if got, ok := p.sign.find(p.messageID(f.Mails[3])); !ok || got != ticket {
		t.Errorf("the Message-ID tells %q, %v", got, ok)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		fields string
	}{
		"full":             {Config{SMTP: "smtps://u:p@mail.test", IMAP: "imaps://u:p@mail.test", From: "a@b.test", Key: secret}, ""},
		"on this machine":  {Config{SMTP: "smtp://127.0.0.1:25?tls=none", From: "a@b.test", Key: secret}, ""},
		"nothing":          {Config{}, "smtp from key"},
		"plain elsewhere":  {Config{SMTP: "smtp://mail.test?tls=none", From: "a@b.test", Key: secret}, "smtp"},
		"wrong scheme":     {Config{SMTP: "smtp://m.test", IMAP: "pop3://m.test", From: "a@b.test", Key: secret}, "imap"},
		"unknown option":   {Config{SMTP: "smtp://m.test?tls=maybe", From: "a@b.test", Key: secret}, "smtp"},
		"suffix":           {Config{SMTP: "smtp://m.test", From: "a+b@b.test", Key: secret}, "from"},
		"long address":     {Config{SMTP: "smtp://m.test", From: strings.Repeat("a", 22) + "@b.test", Key: secret}, "from"},
		"no address":       {Config{SMTP: "smtp://m.test", From: "support", Key: secret}, "from"},
		"a guessable key":  {Config{SMTP: "smtp://m.test", From: "a@b.test", Key: "secret"}, "key"},
		"password is kept": {Config{SMTP: "ftp://u:hidden@m.test", From: "a@b.test", Key: secret}, "smtp"},
	} {
		_, err := New(c.config)
		var got []string
		var problem *fault.Error
		if errors.As(err, &problem) {
			for _, f := range problem.Fields {
				got = append(got, f.Name)
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("%s: the error tells a password: %v", name, err)
			}
		}
		if strings.Join(got, " ") != c.fields {
			t.Errorf("%s: problems with %q, want %q (%v)", name, got, c.fields, err)
		}
	}
}

// Whatever comes in, reading it ends, and only a signed token opens a ticket.
func FuzzRead(f *testing.F) {
	p, err := New(Config{SMTP: "smtp://mail.test", From: "Shop <support@shop.test>", Key: secret})
	if err != nil {
		f.Fatal(err)
	}
	token := p.sign.token(ticket)
	f.Add([]byte("From: a@b\r\nTo: support+" + token + "@shop.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n> x\r\n--b--"))
	f.Add([]byte("Content-Type: text/html; charset=gb18030\r\n\r\n<blockquote><p>x</blockquote>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, ok := p.read(raw)
		if ok && in.Ticket != ticket {
			t.Errorf("%q opens ticket %s", raw, in.Ticket)
		}
		if n := len([]rune(in.Text)); n > maxRunes {
			t.Errorf("%d characters were taken", n)
		}
	})
}
