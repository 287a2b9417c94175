package bottest

import (
	"context"
	"hash/fnv"
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
)

// Reader understands by key words: enough to lead a dialogue in a test, and
// plain to see why it reads what it reads.
type Reader struct {
	// Then, when not nil, may change a reading.
	Then func(in intents.Input, r *intents.Reading)
	// Err, when not nil, is returned instead.
	Err error
}

var _ bot.Understander = Reader{}

// Read implements bot.Understander.
func (k Reader) Read(ctx context.Context, in intents.Input) (intents.Reading, error) {
	if err := ctx.Err(); err != nil {
		return intents.Reading{}, err
	}
	if k.Err != nil {
		return intents.Reading{}, k.Err
	}
	s := strings.ToLower(in.Text)
	has := func(pattern string) float64 {
		if regexp.MustCompile(pattern).MatchString(s) {
			return .95
		}
		return 0
	}
	r := intents.Reading{Language: language(s), OutOfScope: .1}
	r.Signals = intents.Signals{
		RefusesPerson: has(`don't (want|need) (a|to talk to a) (person|human)|不要转人工|不用人工`),
		WantsPerson:   has(`\b(person|human|agent|representative)\b|人工|真人|客服`),
		AccountAction: has(`\b(cancel|change|refund) my (order|address)\b|(取消|修改|退)我的(订单|地址)|帮我(取消|退)`),
		Rejects:       has(`didn't help|not what i|that's wrong|doesn't work|没用|不对|没有解决`),
		Abuse:         has(`\b(idiot|stupid bot)\b|垃圾`),
		Closing:       has(`\b(bye|that's all)\b|再见`),
		FarTopic:      has(`\b(weather|poem|football)\b|天气|写首诗`),
	}
	if p := has(`\b(lawyer|burned|injured)\b|律师|烫伤|受伤`); p > 0 {
		r.Signals.Sensitive = intents.Sensitive{Topic: "injury", Probability: p}
	}
	for _, smalltalk := range []struct{ name, pattern string }{
		{"greeting", `^(hi|hello|hey)\b|^(你好|您好)`}, {"thanks", `\b(thanks|thank you)\b|谢谢`}, {"goodbye", `\bbye\b|再见`}, {"bot_identity", `are you (a bot|human)|你是机器人`},
	} {
		if has(smalltalk.pattern) > 0 && len([]rune(s)) < 24 {
			r.Intents = append(r.Intents, intents.Scored{Name: smalltalk.name, Confidence: .9, Class: intents.ClassSmalltalk})
		}
	}
	switch {
	case has(`terrible|awful|furious|useless|太差|气死|糟糕`) > 0:
		r.Sentiment = -.95
	case has(`great|perfect|太好了`) > 0:
		r.Sentiment = .8
	}
	if order := regexp.MustCompile(`\b[a-z]{2}\d{6}\b`).FindStringIndex(s); order != nil {
		r.Entities = append(r.Entities, intents.Entity{
			Type: intents.EntityOrder, Value: strings.ToUpper(s[order[0]:order[1]]), Text: in.Text[order[0]:order[1]], Start: order[0], End: order[1],
		})
	}
	if k.Then != nil {
		k.Then(in, &r)
	}
	return r, nil
}

func language(s string) string {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return "zh"
		}
	}
	return "en"
}

// Embedder hashes words into a few dimensions: texts that share words are close.
type Embedder struct{}

var _ bot.Embedder = Embedder{}

// EmbedQueries implements bot.Embedder.
func (Embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, s := range texts {
		v := make([]float32, 64)
		for w := range words(s) {
			h := fnv.New32a()
			h.Write([]byte(w))
			v[h.Sum32()%64]++
		}
		var norm float64
		for _, x := range v {
			norm += float64(x) * float64(x)
		}
		if norm == 0 {
			v[0], norm = 1, 1
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(norm))
		}
		out[i] = v
	}
	return out, ctx.Err()
}
