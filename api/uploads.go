package api

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

type uploadIn struct {
	RawBody multipart.Form
}

func (s *Server) uploadRoutes(g *registrar) {
	handle(g, "POST", "/uploads", s.upload, status(http.StatusCreated), multipartOf("file", "The file.", false),
		s.limitBody(s.Uploads.MaxBytes()+64<<10))
	handle(g, "GET", "/uploads/{id}", s.download, func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{
			Description: "The file: pictures inline, everything else as an attachment.",
			Content:     map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}
	})
}

// limitBody bounds a multipart body: huma bounds the others. What says at once
// that it is too large is refused at once.
func (s *Server) limitBody(bytes int64) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
			gc := humagin.Unwrap(ctx)
			if gc.Request.ContentLength > bytes {
				s.refuse(gc.Writer, gc.Request, &Problem{
					Type: "about:blank", Title: http.StatusText(http.StatusRequestEntityTooLarge), Status: http.StatusRequestEntityTooLarge,
					Detail: "This is larger than " + strconv.FormatInt(bytes>>20, 10) + " MB.", Code: codeOf(http.StatusRequestEntityTooLarge),
				})
				return
			}
			gc.Request.Body = http.MaxBytesReader(gc.Writer, gc.Request.Body, bytes)
			next(ctx)
		})
	}
}

// uploadTime is how long a file may take to arrive.
const uploadTime = 5 * time.Minute

// multipartOf describes a form with one file field.
func multipartOf(field, doc string, several bool) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.BodyReadTimeout = uploadTime
		file := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: doc}
		if several {
			file = &huma.Schema{Type: huma.TypeArray, Items: file}
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
			Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{field: file}, Required: []string{field}},
		}}}
	}
}

// upload stores one file of a form.
func (s *Server) upload(ctx context.Context, in *uploadIn) (*bodyOf[Attachment], error) {
	defer in.RawBody.RemoveAll() //nolint:errcheck // temporary files; the system's cleaner takes what stays
	c := callOf(ctx)
	who := upload.File{Workspace: s.ws}
	if c.visitor != nil {
		who.Visitor = c.visitor.Visitor.ID
	} else {
		who.Account = c.console.Account.ID
	}
	if wait := s.limits.uploads.take(who.Visitor + who.Account); wait > 0 {
		s.metrics.limited("uploads")
		return nil, tooMuch(wait, "Too many files. Wait a moment.")
	}
	files := in.RawBody.File["file"]
	if len(files) != 1 {
		return nil, fault.New(fault.Invalid, "Send one file at a time.").WithField("file", "is missing, or there are several")
	}
	r, err := files[0].Open()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "The file cannot be read.")
	}
	defer r.Close()
	who.Name = files[0].Filename
	f, err := s.Uploads.Save(ctx, who, r)
	if err != nil {
		return nil, err
	}
	return &bodyOf[Attachment]{fileOf(f)}, nil
}

// download answers with a file. Only pictures that were made anew are shown in
// place; nothing runs in any case.
func (s *Server) download(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	c := callOf(ctx)
	var f upload.File
	var err error
	if c.visitor != nil {
		f, err = s.Uploads.ForVisitor(ctx, s.ws, in.ID, c.visitor.Visitor.ID)
	} else {
		f, err = s.Uploads.ForAgent(ctx, s.ws, in.ID)
	}
	if err != nil {
		return nil, err
	}
	data, err := s.Uploads.Open(f)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer data.Close()
		gc := humagin.Unwrap(hc)
		h := gc.Writer.Header()
		how := "attachment"
		if f.Inline() {
			how = "inline"
		}
		h.Set("Content-Type", f.Type)
		h.Set("Content-Disposition", how+"; filename*=UTF-8''"+url.PathEscape(f.Name))
		h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, max-age=3600")
		gc.Writer.WriteHeader(http.StatusOK)
		if _, err := io.Copy(gc.Writer, data); err != nil {
			s.log.Debug("a download was cut short", "request_id", c.request, "error", err)
		}
	}}, nil
}
