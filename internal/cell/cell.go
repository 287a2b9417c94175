// Package cell says what a value looks like in a column, the same in both engines, so
// that rows can be copied from one to the other without knowing what they mean.
package cell

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Micros is how times are stored: microseconds since 1970 in UTC; the zero time
// is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the way back.
func Time(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Encode writes a struct as a JSON object of its fields that are not zero, so
// that a new field costs old rows nothing. Anything else is plain JSON.
func Encode(v any) (string, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Struct {
		b, err := json.Marshal(v)
		if err != nil {
			return "", fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
		}
		return string(b), nil
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for i := range rv.NumField() {
		f := rv.Field(i)
		if f.IsZero() || (f.Kind() == reflect.Slice || f.Kind() == reflect.Map) && f.Len() == 0 {
			continue
		}
		b, err := json.Marshal(f.Interface())
		if err != nil {
			return "", fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteByte('"')
		out.WriteString(rv.Type().Field(i).Name)
		out.WriteString(`":`)
		out.Write(b)
	}
	out.WriteByte('}')
	return out.String(), nil
}

// Decode reads what Encode wrote. The empty text is the zero value.
func Decode(s string, v any) error {
	if s == "" || s == "{}" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
	}
	return nil
}
