package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// unread are sentences for who builds on the program or runs it, not for pages.
var unread = []string{
	"A list has 1 to ", "A page of the feed has ", "A stretch has 1 to ", "A server needs the part ", "The public URL must be ",
	"The trusted proxies cannot be read", "A conversation needs a workspace", "%q is no cursor", "no such file", "%s",
}

// Whatever the rooms of the desk refuse is said in Chinese too.
func TestProblemsInChinese(t *testing.T) {
	say := api.Chinese(t)
	for _, dir := range []string{".", "../handoff", "../internal/account", "../internal/upload"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s, %v", dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if text := refusal(n); text != "" && !strings.ContainsFunc(say(filled(text)), chinese) && !told(text) {
					t.Errorf("%s: %q is not in problems.zh.txt", name, text)
				}
				return true
			})
		}
	}
	for en, want := range map[string]string{
		"Lin has no room for another chat.":                                                  "Lin 的接待数已满。",
		"Rule 2: \"x>=9\" does not say which skill is wanted.":                               "规则 2：“x>=9”没有写明要什么技能。",
		"Condition 1 of rule 3: name at least one value.":                                    "规则 3 的条件 1：至少写一个值。",
		"This queue is still used by rule 1, “Gold” and the queue “VIP”. Change that first.": "这个队列还在使用：规则 1“Gold”、队列“VIP”。请先修改。",
		"{1} has this conversation.":                                                         "这个对话由 {1} 接待。",
		"A sentence that nobody knows.":                                                      "A sentence that nobody knows.",
		"line 2":                                                                             "line 2",
	} {
		if got := say(en); got != want {
			t.Errorf("%q is %q, want %q", en, got, want)
		}
	}
}

// told reports whether a sentence need not be in Chinese.
func told(text string) bool {
	for _, u := range unread {
		if text == u || u != "%s" && strings.HasPrefix(text, u) {
			return true
		}
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' })
}

func chinese(r rune) bool { return r >= 0x4e00 && r < 0xa000 }

// filled puts something into the gaps of a sentence.
func filled(text string) string {
	return strings.NewReplacer("%s", "Lin", "%q", `"vip"`, "%d", "3", "%v", "x").Replace(text)
}

// refusal is what a call refuses with, "" when it is none, or one of our own mistakes.
func refusal(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "fault" {
			name = "fault." + name
		}
	case *ast.Ident:
		name = f.Name
	}
	at, ok := map[string]int{"fault.New": 1, "fault.Wrap": 2, "WithField": 1, "tooMuch": 1, "busy": 1, "bad": 1}[name]
	if !ok || at >= len(call.Args) {
		return ""
	}
	if kind, ok := call.Args[0].(*ast.SelectorExpr); ok && kind.Sel.Name == "Internal" {
		return ""
	}
	text, ok := call.Args[at].(*ast.BasicLit)
	if !ok || text.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(text.Value)
	if err != nil {
		return ""
	}
	return s
}

// A page that is read in Chinese is refused in Chinese: by the rooms, by the check of
// what was sent, and on the socket.
func TestRefusedInChinese(t *testing.T) {
	w := newWorld(t, setup{})
	lin := w.console(account.RoleAgent)
	chen := *lin
	chen.header = http.Header{"Accept-Language": {"zh-CN,zh;q=0.9,en;q=0.8"}}
	for path, want := range map[string]string{
		"/conversations/none": "没有这个对话。", "/tickets?view=later": "提交的内容有误。",
	} {
		var p api.Problem
		if chen.do("GET", path, nil).into(t, &p); p.Detail != want || p.Code == "" {
			t.Errorf("%s is refused with %+v", path, p)
		}
	}
	var p api.Problem
	if lin.do("GET", "/conversations/none", nil).into(t, &p); p.Detail != "There is no such conversation." {
		t.Errorf("in English with %+v", p)
	}
	v := w.visitor()
	s := v.live(map[string]any{"language": "zh"})
	s.send(map[string]any{"type": "send", "id": id.New(), "conversation": id.New(), "text": "hello"})
	if got := s.next("nack", nil); got.Problem.Detail != "没有这个对话。" {
		t.Errorf("on the socket with %s", got.raw)
	}
}
