package bot

import "testing"

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct{ said, before, want string }{
		{"OK", "zh", "zh"},
		{"TE-20418", "zh", "zh"},
		{"ok, thanks", "zh", "en"},
		{"OK", "en", "en"},
		{"OK", "", "en"},
		{"好的", "en", "zh"},
		{"12345", "zh", ""},
		{"Where is my order?", "zh", "en"},
	} {
		if got := languageOf(c.said, c.before); got != c.want {
			t.Errorf("%q after %q is %q, want %q", c.said, c.before, got, c.want)
		}
	}
}
