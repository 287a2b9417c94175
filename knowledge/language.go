package knowledge

import (
	"path"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Language reads how people write a language: "en", "en-GB", "English", "zh",
// "zh_Hans", "中文" … and returns "en", "zh", or "" for any other.
func Language(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	base, _, _ := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	switch base {
	case "en", "eng", "english", "英文", "英语", "英語":
		return "en"
	case "zh", "zho", "chi", "cn", "chinese", "中文", "汉语", "漢語", "简体中文", "繁體中文", "普通话":
		return "zh"
	}
	return ""
}

// languageOf decides the language of a document: its own word for it, a folder
// or ending of its path ("zh/returns.md", "faq.zh.csv"), else what it is written in.
func languageOf(d *Document) string {
	if l := Language(d.Language); l != "" {
		return l
	}
	if l := languageOfPath(d.Source); l != "" {
		return l
	}
	var words strings.Builder
	words.WriteString(d.Title + "\n" + d.Question + "\n" + d.Answer + "\n")
	for _, s := range d.Sections {
		if words.Len() > 20_000 {
			break
		}
		words.WriteString(s.Text + "\n")
	}
	if l := text.Language(PlainText(words.String())); l != "" {
		return l
	}
	return "en"
}

// languageOfPath looks for a language as a folder's name or before the ending of
// the file's name. Only short codes count: a folder "english" may be about English.
func languageOfPath(p string) string {
	folder, file := path.Split(p)
	parts := strings.Split(strings.Trim(folder, "/"), "/")
	stem := strings.TrimSuffix(file, path.Ext(file))
	if i := strings.LastIndexAny(stem, "._-"); i > 0 {
		parts = append(parts, stem[i+1:])
	}
	for i := len(parts) - 1; i >= 0; i-- {
		code := strings.ToLower(strings.ReplaceAll(parts[i], "_", "-"))
		base, region, _ := strings.Cut(code, "-")
		if (base == "en" || base == "zh" || code == "cn") && len(region) <= 4 {
			return Language(code)
		}
	}
	return ""
}
