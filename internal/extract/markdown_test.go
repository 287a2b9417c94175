package extract

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestReadMarkdown(t *testing.T) {
	const page = `---
layout: help
title: Where is my {{ site.thing }}parcel?
permalink: /help/parcel/
lang: en-GB
audience: members
tags: [shipping, tracking]
valid_from: 2026-01-01
valid_until: 2026/06/30
description: All about tracking.
steps:
  - "**Open** the mail"
  - Press the button
accordion:
  - id: a-1
    title: Can I change the address?
    content: >-
      Yes, until it <em>left</em> our house.
---
# Where is my parcel?
{: .lead}

{% include icons.html items=page.steps size='md' %}

## Late ## {#late}

{% comment %} internal note {% endcomment %}
See [the map]({{ site.baseurl }}/map){:class="external"}.

<div class="accordion">
  <h3><button type="button">Not there yet?</button></h3>
  <div><p>Wait <b>two</b> days.</p><script>alert(1)</script>

    <p>Really.</p>
  <ul><li>Call us</li></ul></div>
</div>

` + "Use `{{ code }}` as it is.\n"
	c, err := readMarkdown("help/where-is-it.md", page)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.problems) > 0 {
		t.Errorf("problems: %+v", c.problems)
	}
	want := knowledge.Document{
		Kind: knowledge.KindPage, Path: "help/where-is-it.md", Title: "Where is my parcel?", URL: "/help/parcel/", Language: "en", Audience: "members",
		Tags: []string{"shipping", "tracking"}, ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Sections: []knowledge.Section{
			{Text: "All about tracking."},
			{Heading: []string{}, Text: "- **Open** the mail\n- Press the button"},
			{Heading: []string{"Late"}, Text: "See [the map](/map)."},
			{Heading: []string{"Late", "Not there yet?"}, Text: "Wait **two** days.\n\nReally.\n\n- Call us\n\nUse `{{ code }}` as it is."},
			{Heading: []string{"Can I change the address?"}, Text: "Yes, until it *left* our house."},
		},
	}
	if diff := cmp.Diff([]knowledge.Document{want}, c.docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestReadMarkdownPlain(t *testing.T) {
	tests := map[string]struct {
		name, text, title string
		headings          int
	}{
		"top heading is the title": {"a.md", "# Returns\n\nText.\n\n## How\n\nMore.", "Returns", 1},
		"two top headings":         {"shop-hours.md", "# One\nx\n# Two\ny", "Shop hours", 2},
		"name of the folder":       {"help/opening_hours/index.md", "Always open.", "Opening hours", 0},
		"no front matter end":      {"a.md", "---\ntitle: x\n\ntext", "A", 0},
		"a rule is no front":       {"a.md", "Words.\n\n---\n\nMore words.", "A", 0},
		"windows line ends":        {"a.md", "---\r\ntitle: Fees\r\n---\r\nNone.\r\n", "Fees", 0},
		"Chinese":                  {"zh/a.md", "# 退货政策\n\n七天内可退。", "退货政策", 0},
	}
	for name, tt := range tests {
		c, err := readMarkdown(tt.name, tt.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n := 0
		for _, s := range c.docs[0].Sections {
			n += min(1, len(s.Heading))
		}
		if got := c.docs[0].Title; got != tt.title || n != tt.headings {
			t.Errorf("%s: title %q with %d headings, want %q with %d", name, got, n, tt.title, tt.headings)
		}
	}
}

func TestFrontMatterProblems(t *testing.T) {
	tests := map[string]struct {
		text string
		line int
		want string
	}{
		"broken YAML":      {"---\ntitle: [a\n---\nText.", 1, "not valid YAML"},
		"unknown language": {"---\ntitle: A\nlanguage: fr\n---\nText.", 3, "neither en nor zh"},
		"a script address": {"---\nurl: javascript:alert(1)\n---\nText.", 2, "no address"},
		"a date":           {"---\nvalid_from: soon\n---\nText.", 2, "no date"},
	}
	for name, tt := range tests {
		c, err := readMarkdown("a.md", tt.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(c.problems) != 1 || c.problems[0].Line != tt.line || !strings.Contains(c.problems[0].Message, tt.want) {
			t.Errorf("%s: problems %+v, want one in line %d with %q", name, c.problems, tt.line, tt.want)
		}
		if d := c.docs[0]; d.Sections[len(d.Sections)-1].Text != "Text." || d.URL != "" {
			t.Errorf("%s: document %+v, want its text", name, d)
		}
	}
}

func TestReadHTML(t *testing.T) {
	const page = `<!doctype html><html lang="zh-CN"><head><title>Returns | The Shop</title><link rel="canonical" href="https://shop.example/returns">
<style>p{}</style></head><body><header><h1>The Shop</h1></header><nav><a href="/">Home</a></nav>
<main><article><header><h1>Returns</h1></header><p>You have <strong>30 days</strong>.<br>Really. <img src="x.png" alt="a parcel"></p>
<h2>Costs</h2><table><tr><th>from</th><th>price</th></tr><tr><td>home</td><td>5&nbsp;€</td></tr></table>
<details><summary>And gifts?</summary><p>The same. <a href="javascript:alert(1)">No</a> <a href="/gifts">See gifts</a></p></details>
<form><button>Send</button><input value="x"></form><p hidden>secret</p><p style="display: none">secret</p></article></main>
<aside>Advert</aside><footer>Imprint</footer><script>track()</script></body></html>`
	c, err := readHTML("returns.html", page)
	if err != nil {
		t.Fatal(err)
	}
	want := knowledge.Document{
		Kind: knowledge.KindPage, Path: "returns.html", Title: "Returns", URL: "https://shop.example/returns", Language: "zh-CN",
		Sections: []knowledge.Section{
			{Heading: []string{}, Text: "You have **30 days**.  \nReally. a parcel"},
			{Heading: []string{"Costs"}, Text: "| from | price |\n|---|---|\n| home | 5 € |"},
			{Heading: []string{"Costs", "And gifts?"}, Text: "The same. No [See gifts](/gifts)"},
		},
	}
	if diff := cmp.Diff([]knowledge.Document{want}, c.docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if _, err := readHTML("a.html", "<html><script>only()</script></html>"); err == nil {
		t.Error("a page without words was read")
	}
	if _, err := readHTML("a.html", strings.Repeat("<div>", 100_000)+"deep"); err != nil {
		t.Logf("deeply nested: %v", err) // refused or read, not a crash
	}
}

func TestReadText(t *testing.T) {
	c, err := readText("opening-hours.txt", "Opening hours\n\nMonday to Friday.\n# not a heading\n\nClosed on Sundays.\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []knowledge.Document{{
		Kind: knowledge.KindPage, Path: "opening-hours.txt", Title: "Opening hours",
		Sections: []knowledge.Section{{Text: "Monday to Friday.\n\\# not a heading\n\nClosed on Sundays."}},
	}}
	if diff := cmp.Diff(want, c.docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if _, err := readText("a.txt", " \n\t\n"); err == nil {
		t.Error("a file of spaces was read")
	}
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2026-12-31": "2026-12-31T00:00:00Z", "2026/1/2": "2026-01-02T00:00:00Z", "2026年3月4日": "2026-03-04T00:00:00Z", "2026.3.4": "2026-03-04T00:00:00Z",
		"2026-01-02 15:04": "2026-01-02T15:04:00Z", "2026-01-02T15:04:05+02:00": "2026-01-02T13:04:05Z",
	} {
		got, _, err := parseTime(in)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("parseTime(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"31/12/2026", "12-31-26", "tomorrow", "2026-13-01", ""} {
		if got, _, err := parseTime(in); err == nil {
			t.Errorf("parseTime(%q) = %v, want it refused", in, got)
		}
	}
}
