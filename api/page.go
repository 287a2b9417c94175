package api

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// maxPage bounds lists.
const maxPage = 200

// Paging is what every list takes.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"The next of the page before; leave it out for the first."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// list is a page of a list.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
}

// place marks a row in a list that is sorted by time and ID, or by a name.
type mark struct {
	At   int64  `json:"t,omitempty"` // microseconds
	ID   string `json:"i,omitempty"`
	Name string `json:"n,omitempty"`
}

// next returns the cursor that follows a row.
func (m mark) cursor() string {
	b, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func (m mark) time() time.Time {
	if m.At == 0 {
		return time.Time{}
	}
	return time.UnixMicro(m.At).UTC()
}

// mark reads a cursor. Error: Invalid.
func (p Paging) mark() (mark, error) {
	var m mark
	if p.Cursor == "" {
		return m, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return mark{}, fault.Wrap(fault.Invalid, err, "The cursor cannot be read.").
			WithField("query.cursor", "use the next of the page before")
	}
	return m, nil
}

// pageOf cuts a list that was read with one row more than asked for.
func pageOf[D, T any](rows []D, limit int, at func(D) mark, wire func(D) T) list[T] {
	out := list[T]{Items: make([]T, 0, min(len(rows), limit))}
	for i, r := range rows {
		if i == limit {
			out.Next = at(rows[i-1]).cursor()
			break
		}
		out.Items = append(out.Items, wire(r))
	}
	return out
}

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }

// bodyOf is an output with a JSON body.
type bodyOf[T any] struct{ Body T }

// ByID is an input that names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}
