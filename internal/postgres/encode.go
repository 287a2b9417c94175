package postgres

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// micros is how times are stored: microseconds since 1970 in UTC; the zero time
// is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros is the way back.
func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// encode writes a struct as a JSON object of its fields that are not zero, so
// that a new field costs old rows nothing. Anything else is plain JSON.
func encode(v any) (string, error) {
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

// decode reads what encode wrote. The empty text is the zero value.
func decode(s string, v any) error {
	if s == "" || s == "{}" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
	}
	return nil
}

// micronow is the clock's time as it can be stored.
func (db *DB) micronow() time.Time { return db.now().UTC().Truncate(time.Microsecond) }
