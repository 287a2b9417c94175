package cell

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Pick is Decode for a few fields of a long object: those that v, a pointer to a
// struct, has. The others are passed over and not looked into, which takes a fifth of
// the time; so what is wrong within them is not noticed.
func Pick(s string, v any) error {
	if s == "" {
		return nil
	}
	if !strings.HasPrefix(s, "{") || !strings.HasSuffix(s, "}") {
		return fault.New(fault.Internal, "A stored row cannot be read.")
	}
	return pick(gjson.Parse(s), reflect.ValueOf(v).Elem())
}

func pick(object gjson.Result, into reflect.Value) (err error) {
	object.ForEach(func(name, value gjson.Result) bool {
		f := into.FieldByName(name.Str)
		switch {
		case !f.IsValid():
		case f.Kind() == reflect.String && value.Type == gjson.String:
			f.SetString(value.Str)
		case f.Kind() == reflect.Pointer && f.Type().Elem().Kind() == reflect.Struct && value.IsObject():
			f.Set(reflect.New(f.Type().Elem()))
			err = pick(value, f.Elem())
		default:
			if err = json.Unmarshal([]byte(value.Raw), f.Addr().Interface()); err != nil {
				err = fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
			}
		}
		return err == nil
	})
	return err
}
