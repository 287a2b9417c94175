// Package demo holds the help content of the sample shop, Juniper & Clay, which
// `frontdesk serve --demo` loads: an FAQ table and three pages in English and
// Chinese. The shop is made up.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed content
var content embed.FS

// Content returns the sample files as an editor would upload them: en/faq.csv,
// en/*.md, zh/faq.csv, zh/*.md.
func Content() fs.FS {
	sub, err := fs.Sub(content, "content")
	if err != nil {
		panic("demo: embedded content is missing: " + err.Error())
	}
	return sub
}

// Inbox is the name of the sample shop's inbox.
const Inbox = "shop"
