package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// pagePolicy is the content security policy of our pages, without
// frame-ancestors.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; " +
	"font-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'"

// asset is a file as it is served, prepared once.
type asset struct {
	data   []byte
	packed []byte // gzip; nil when it saves nothing
	kind   string
	etag   string
}

func newAsset(name string, data []byte) (asset, error) {
	sum := sha256.Sum256(data)
	a := asset{data: data, kind: typeOf(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	if len(data) > 512 && packable(a.kind) {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return asset{}, err
		}
		if _, err := w.Write(data); err != nil {
			return asset{}, err
		}
		if err := w.Close(); err != nil {
			return asset{}, err
		}
		if b.Len() < len(data)*9/10 {
			a.packed = b.Bytes()
		}
	}
	return a, nil
}

// typeOf returns a file's media type by its name. The list is ours because the
// system's may say text/plain for scripts, which browsers then refuse to run.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	case ".webp":
		return "image/webp"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func packable(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "svg")
}

// site is a folder of prepared files.
type site map[string]asset

func newSite(files fs.FS) (site, error) {
	out := make(site)
	if files == nil {
		return out, nil
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		out[name], err = newAsset(name, data)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "The pages cannot be read.")
	}
	return out, nil
}

// hashed reports whether a file's name carries its hash, so that it never changes.
func hashed(name string) bool {
	return strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, "shop/")
}

// serve answers with a prepared file.
func (a asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", a.etag)
	h.Set("Content-Type", a.kind)
	h.Add("Vary", "Accept-Encoding")
	data := a.data
	if a.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = a.packed
	}
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, a.etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) // the caller may have gone
	}
}

const (
	forever = "public, max-age=31536000, immutable"
	asking  = "no-cache"
)

// page answers with a file of a site, or with its page for the folder itself.
func (s *Server) page(st site, name string, ancestors string, c *gin.Context) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	cache := asking
	if name == "" {
		name = "index.html"
	} else if hashed(name) {
		cache = forever
	}
	a, ok := st[name]
	if !ok {
		s.refuse(c.Writer, c.Request, fault.New(fault.NotFound, "There is nothing here."))
		return
	}
	h := c.Writer.Header()
	if strings.HasPrefix(a.kind, "text/html") {
		h.Set("Content-Security-Policy", pagePolicy+"; frame-ancestors "+ancestors)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	a.serve(c.Writer, c.Request, cache)
}

// staticRoutes serve the pages.
func (s *Server) staticRoutes() error {
	loader, err := newAsset("widget.js", s.Assets.Loader)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The loader cannot be read.")
	}
	widget, err := newSite(s.Assets.Widget)
	if err != nil {
		return err
	}
	console, err := newSite(s.Assets.Console)
	if err != nil {
		return err
	}
	demo, err := newSite(s.Assets.Demo)
	if err != nil {
		return err
	}
	both := func(route string, h gin.HandlerFunc) {
		s.router.GET(route, h)
		s.router.HEAD(route, h)
	}
	if len(s.Assets.Loader) > 0 {
		both("/widget.js", func(c *gin.Context) {
			c.Writer.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			loader.serve(c.Writer, c.Request, "public, max-age=300")
		})
	}
	both("/widget/*path", func(c *gin.Context) { s.page(widget, c.Param("path"), s.ancestors(c), c) })
	both("/console/*path", func(c *gin.Context) { s.page(console, c.Param("path"), "'none'", c) })
	if s.Assets.Demo != nil {
		both("/", func(c *gin.Context) { s.page(demo, "", "'none'", c) })
		both("/shop/*path", func(c *gin.Context) { s.page(demo, "shop"+c.Param("path"), "'none'", c) })
	} else {
		both("/", func(c *gin.Context) { c.Redirect(http.StatusFound, "/console/") })
	}
	return nil
}

// ancestors says which pages may frame the widget of an inbox: its sites and our
// own pages. An unknown inbox may be framed by nobody.
func (s *Server) ancestors(c *gin.Context) string {
	name := c.Query("inbox")
	if name == "" {
		return "'self'"
	}
	in, err := s.inbox(c.Request.Context(), name)
	if err != nil {
		return "'none'"
	}
	return strings.Join(append([]string{"'self'"}, in.Origins...), " ")
}
