package text

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Hello", "hello"},
		{"ＡＢＣ１２３", "abc123"},
		{"登入帳號", "登入账号"},
		{"退貨運費誰來付？", "退货运费谁来付?"},
		{"跟著", "跟着"},
		{"zero\u200bwidth so\u00adft", "zerowidth soft"},
		{"don’t", "don't"},
		{"bad\xffbyte", "bad\uFFFDbyte"},
		{"", ""},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("İstanbul 帳 ﬁ ①")
	f.Add("ß\u0301Ⅷ㍿")
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("folding %q twice: %q, then %q", s, once, twice)
		}
		for range Words(once) {
		}
		at := 0
		for _, sentence := range Sentences(s) {
			i := strings.Index(s[at:], sentence)
			if i < 0 || sentence == "" {
				t.Fatalf("sentence %q is not in the rest of %q", sentence, s)
			}
			at += i + len(sentence)
		}
	})
}

func TestSimplify(t *testing.T) {
	if got, want := Simplify("請問 App 的密碼忘記了怎麼辦"), "请问 App 的密码忘记了怎么办"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMainland(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"登入帳戶時收不到簡訊", "登录账户时收不到短信"},
		{"無線網路連線失敗", "无线网络连接失败"},
		{"應用程式怎麼下載", "应用程序怎么下载"},
		{"我的包裹在哪里", "我的包裹在哪里"},
		{"log in", "log in"},
	} {
		got := Mainland(c.in)
		if got != c.want {
			t.Errorf("Mainland(%q) = %q, want %q", c.in, got, c.want)
		}
		if again := Mainland(got); again != got {
			t.Errorf("Mainland of its own result %q gives %q", got, again)
		}
	}
	if len(regional)%2 != 0 {
		t.Fatal("a regional word has no counterpart")
	}
	for i := 0; i < len(regional); i += 2 {
		if regional[i] == regional[i+1] || Simplify(regional[i]) != regional[i] {
			t.Errorf("%q → %q can never help", regional[i], regional[i+1])
		}
		if got := Mainland(regional[i+1]); got != regional[i+1] {
			t.Errorf("%q becomes %q, which becomes %q", regional[i], regional[i+1], got)
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Where is my order?", "en"},
		{"我的订单在哪里", "zh"},
		{"我的 iPhone 15 坏了", "zh"},
		{"退 refund", "en"},
		{"PIV卡登录 how", "zh"},
		{"12345 !?", ""},
		{"", ""},
		{"パスワードを忘れました", ""},
		{"配送の状況を確認したいのですが", ""},
		{"Где мой заказ", ""},
		{"비밀번호", ""},
		{"café olé", "en"},
	} {
		if got := Language(c.in); got != c.want {
			t.Errorf("Language(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	var got []Word
	for w := range Words("don't reset 我的iPhone15 密码, ok'") {
		got = append(got, w)
	}
	want := []Word{
		{"don't", 0, false},
		{"reset", 6, false},
		{"我的", 12, true},
		{"iPhone15", 18, false},
		{"密码", 27, true},
		{"ok", 35, false},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("words (-want +got):\n%s", d)
	}
}

func TestSentences(t *testing.T) {
	got := Sentences("Dr. Lee pays $3.50. Really?! Yes.\n1. Open the app. 我来了。“好吗？”走吧；再见 visit example.com now")
	want := []string{"Dr. Lee pays $3.50.", "Really?!", "Yes.", "1. Open the app.", "我来了。", "“好吗？”", "走吧；", "再见 visit example.com now"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
