//go:build noweb

package web

import (
	"embed"
	"io/fs"
)

func files(string) fs.FS { return embed.FS{} }
