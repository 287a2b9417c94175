// Package web holds what browsers get: the loader that host pages carry, the
// widget, the agents' console, and the demo shop.
//
// The sources are TypeScript and Svelte beside this file; their build is
// committed under dist, so that building the program needs Go alone. `npm run
// build` makes it again, byte for byte. The build tag noweb leaves all of it out:
// the file systems are then empty.
package web

import "io/fs"

// Widget is the page inside the frame, served under /widget/. Its entry is
// index.html; files under assets carry a hash of their content in their names
// and may be cached for ever.
func Widget() fs.FS { return files("widget") }

// Console is the agents' page, served under /console/. Its routes live in the
// address's hash, so one index.html serves them all.
func Console() fs.FS { return files("console") }

// Demo is the sample shop, served at the root. Its assets are under shop and
// carry a hash in their names.
func Demo() fs.FS { return files("demo") }

// Loader is the script that host pages carry, served as /widget.js. It is nil
// when the build leaves the pages out.
func Loader() []byte {
	b, err := fs.ReadFile(files("loader"), "widget.js")
	if err != nil {
		return nil
	}
	return b
}
