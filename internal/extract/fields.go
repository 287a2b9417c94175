package extract

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// field is what a column of a table or a key of front matter says.
type field int

const (
	fieldNone field = iota
	fieldQuestion
	fieldAnswer
	fieldParaphrases
	fieldNegatives
	fieldLanguage
	fieldAudience
	fieldTags
	fieldFrom
	fieldUntil
	fieldURL
	fieldTitle
	fieldDescription
	fieldDraft
)

// fieldOf reads a column's or key's name, in English or Chinese, whatever its
// case, spaces and hyphens.
func fieldOf(name string) field {
	name = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return r
	}, text.Fold(name))
	if i := strings.IndexAny(name, "(:"); i > 0 { // "生效（可空）", "question:"
		name = name[:i]
	}
	switch name {
	case "question", "questions", "q", "faq", "问题", "提问", "问", "标准问题", "标准问", "标准问法":
		return fieldQuestion
	case "answer", "answers", "a", "reply", "response", "答案", "回答", "答复", "回复", "答":
		return fieldAnswer
	case "paraphrases", "paraphrase", "similarquestions", "similarquestion", "similar", "variants", "alternatives", "otherwordings",
		"相似问法", "相似问题", "相似问", "相似说法", "扩展问", "扩展问法", "同义问法", "其他问法", "其它问法":
		return fieldParaphrases
	case "negatives", "negative", "negativequestions", "negativeexamples", "not", "反例", "负例", "反例问题", "反例问法", "排除问法":
		return fieldNegatives
	case "language", "lang", "locale", "语言", "语种":
		return fieldLanguage
	case "audience", "audiences", "group", "visibleto", "受众", "人群", "可见范围", "适用人群", "适用对象":
		return fieldAudience
	case "tags", "tag", "keywords", "keyword", "category", "categories", "标签", "关键词", "关键字", "分类", "类别":
		return fieldTags
	case "validfrom", "startdate", "starts", "publishdate", "生效", "生效日期", "生效时间", "开始日期", "开始时间":
		return fieldFrom
	case "validuntil", "validto", "enddate", "ends", "expires", "expirydate", "失效", "失效日期", "失效时间", "结束日期", "结束时间", "到期", "到期日", "到期日期", "有效期至":
		return fieldUntil
	case "url", "permalink", "canonicalurl", "link", "链接", "网址":
		return fieldURL
	case "title", "标题":
		return fieldTitle
	case "description", "summary", "描述", "摘要", "简介":
		return fieldDescription
	case "draft", "published", "status", "状态":
		return fieldDraft
	}
	return fieldNone
}

// Marks between the items of one cell: questions may hold commas, tags may not.
const (
	questionMarks = "|｜\n"
	tagMarks      = ",，、;；|｜\n"
)

func splitList(s, marks string) []string {
	var out []string
	for _, item := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(marks, r) }) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// parseTime reads a date or time, in UTC where it names no zone. day is true for
// a bare date. Orders that differ between countries are refused.
func parseTime(s string) (t time.Time, day bool, err error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), false, nil
	}
	s = strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-").Replace(s)
	if t, err := time.Parse("2006-1-2", s); err == nil {
		return t, true, nil
	}
	for _, layout := range []string{"2006-1-2 15:04", "2006-1-2 15:04:05", "2006-1-2T15:04:05", "2006-1-2T15:04", "2006-1-2T15:04Z07:00", "2006-1-2 15:04:05 Z07:00", "2006-1-2 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), false, nil
		}
	}
	return time.Time{}, false, errors.New("no date")
}
