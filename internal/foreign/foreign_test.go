package foreign

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// under lists the files of a folder as the command line does.
func under(t *testing.T, dir string) []knowledge.File {
	t.Helper()
	files, err := extract.Folder(dir, extract.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// written puts files into a folder and lists them.
func written(t *testing.T, files map[string]string) []knowledge.File {
	t.Helper()
	dir := t.TempDir()
	var out []knowledge.File
	for _, name := range sortedKeys(files) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil {
			t.Fatal(err)
		}
		out = append(out, knowledge.File{Name: name, Path: path})
	}
	return out
}

func read(t *testing.T, files []knowledge.File) *Bundle {
	t.Helper()
	b, err := Read(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// examples lists "intent: text (file:line)".
func examples(b *Bundle) []string {
	var out []string
	for _, e := range b.Set.Examples {
		out = append(out, fmt.Sprintf("%s: %s (%s:%d)", e.Intent, e.Text, filepath.Base(e.File), e.Line))
	}
	return out
}

// entries lists "question | paraphrases → answer (language)".
func entries(b *Bundle) []string {
	var out []string
	for _, e := range b.Entries {
		out = append(out, fmt.Sprintf("%s → %s (%s)", strings.Join(append([]string{e.Question}, e.Paraphrases...), " | "), e.Answer, e.Language))
	}
	return out
}

func said(b *Bundle) string {
	var out strings.Builder
	for _, n := range b.Notes() {
		out.WriteString(n.String() + "\n")
	}
	for _, f := range b.Files {
		if f.Problem != "" {
			out.WriteString(f.Problem + "\n")
		}
	}
	return out.String()
}

// expect fails for each part that the report does not hold.
func expect(t *testing.T, report string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(report, p) {
			t.Errorf("the report does not say %q:\n%s", p, report)
		}
	}
}

func TestRasa(t *testing.T) {
	b := read(t, under(t, "testdata/rasa"))
	if err := b.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"opening_hours: when does the workshop open (nlu.yml:5)",
		"opening_hours: are you open on saturday (nlu.yml:6)",
		"opening_hours: what are your hours on {\"day\"} (nlu.yml:7)",
		"faq/repair_price: what does a repair cost (nlu.yml:11)",
		"faq/repair_price: how much is a new chain (nlu.yml:12)",
		"faq/repair_price: 换链条多少钱 (nlu.yml:13)",
		"faq/warranty: how long is the warranty (nlu.yml:16)",
		"faq/warranty: is my bike still under warranty (nlu.yml:20)",
		"bot_challenge: are you a robot (nlu.yml:23)",
		"book: I want to book a service (nlu.yml:26)",
	}, examples(b)); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"when does the workshop open | are you open on saturday | what are your hours on {\"day\"} → We are open from 9 to 18, Monday to Saturday. (en)",
		"what does a repair cost | how much is a new chain | 换链条多少钱 → A puncture costs 12 euros.\nOther repairs are quoted in the shop. (en)",
		"are you a robot → I am a bot. (en)",
	}, entries(b)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	expect(t, said(b),
		"nlu.yml:3: entity marks of intent opening_hours are not taken over (1 examples)", "nlu.yml:18: not taken over: metadata",
		"nlu.yml:27: left out: the same words are an example of \"book\" and, at rasa/nlu.yml:23, of \"bot_challenge\"",
		"nlu.yml:26: intent \"book\" has one example",
		"nlu.yml:28: not taken over: synonym chain (2 lines)", "lookup part (3 lines)", "regex frame_number (1 lines)",
		"domain.yml:8: not taken over: entities (2: day, part)", "slots (1: part)", "forms (1: booking_form)", "session_config",
		"domain.yml:16: not taken over: another variation of response utter_opening", "fills in {part}", "for a condition only", "not taken over: buttons of response utter_faq/repair_price",
		"response utter_faq/warranty, as none of its texts", "response utter_default, as no intent", "response say_hello, as its name",
		"rules.yml:2: not taken over: rules (3), as the policy leads the talk; 2 of them", "rules.yml:18: not taken over: stories (1)",
		"config.yml:3: not taken over: pipeline", "README.md: not read: a document")
}

func TestChatterBot(t *testing.T) {
	b := read(t, under(t, "testdata/chatterbot"))
	if diff := cmp.Diff([]string{
		"Do you mend electric bikes? | Can you repair an e-bike / pedelec? → Yes, all makes. (en)",
		"Do you rent bikes? → Yes, from 15 euros a day. (en)",
		"你们修电动车吗 → 修，所有品牌都修。 (zh)",
		"42 → 7 ()",
	}, entries(b)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bicycles", "repair, service"}, b.Entries[0].Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	expect(t, said(b),
		"bicycles.yml:11: not taken over: turns 3 to 4", "bicycles.yml:13: left out: the question \"do you rent BIKES\" stands at chatterbot/bicycles.yml:9 with another answer",
		"bicycles.yml:17: not taken over: a conversation needs", "bicycles.yml:21: not taken over: the answer to \"Nothing\"")
}

func TestDialogflow(t *testing.T) {
	check := func(t *testing.T, b *Bundle) {
		if err := b.Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{
			"Opening_hours?: 你们几点开门 (Opening hours_usersays_zh-cn.json:1)",
			"Opening_hours?: when do you open on sunday (Opening hours_usersays_en.json:2)",
			"Opening_hours?: opening times (Opening hours_usersays_en.json:6)",
			"repair.status: is my bike ready (repair.status_usersays_en.json:1)",
			"repair.status: status of my repair (repair.status_usersays_en.json:1)",
		}, examples(b), sorted()); diff != "" {
			t.Errorf("examples (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{
			"when do you open on sunday | opening times → We open at 9 every day.\n\nThe workshop closes at 18. (en)",
			"你们几点开门 → 每天九点开门。 (zh)",
		}, entries(b)); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		expect(t, said(b),
			"intent \"Opening hours?\" is called Opening_hours? here", "_en.json:9: not taken over: the template", "_de.json:1: not taken over: a phrase in \"de\"",
			"entity marks are not taken over (1 phrases)", "the answer of intent \"repair.status\", as a webhook writes it", "intent \"repair.status - yes\", which is only meant in a context",
			"the fallback intent", "intent \"Welcome\", which has no training phrases", "entity part", "the agent's settings")
	}
	t.Run("folder", func(t *testing.T) { check(t, read(t, under(t, "testdata/dialogflow"))) })
	t.Run("zip", func(t *testing.T) {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		if err := z.AddFS(os.DirFS("testdata/dialogflow")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		check(t, read(t, written(t, map[string]string{"agent.zip": out.String()})))
	})
}

// sorted compares lists without their order.
func sorted() cmp.Option {
	return cmp.Transformer("sorted", func(in []string) []string { return slices.Sorted(slices.Values(in)) })
}

func TestTables(t *testing.T) {
	b := read(t, under(t, "testdata/tables"))
	if diff := cmp.Diff([]string{
		"pickup: ready to collect (headless.csv:1)", "pickup: is it ready (headless.csv:2)", "pickup: can I fetch it (headless.csv:3)",
		"place: where is the shop (headless.csv:4)", "place: how do I find you (headless.csv:5)", "place: address please (headless.csv:6)",
		"repair: my chain; broke (labels.csv:2)", "repair: flat tyre (labels.csv:3)", "sell_helmets___lights: red helmet (labels.csv:6)", "repair: last one (labels.csv:10)",
	}, examples(b)); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"修车多少钱 | 换胎价格 | 补胎多少钱 → 补胎十二元。 (zh)", "几点开门 → 九点。 (zh)"}, entries(b)); diff != "" {
		t.Errorf("entries of a GBK table (-want +got):\n%s", diff)
	}
	expect(t, said(b),
		"headless.csv:1: no header row", "labels.csv:1: the column \"source\" is not read", "labels.csv:4: left out: the example is empty", "labels.csv:5: left out: has no label",
		"labels.csv:6: intent \"sell helmets & lights\" is called sell_helmets___lights here", "labels.csv:7: left out: the same words stand",
		"labels.csv:8: left out: the same words are an example of", "labels.csv:9: left out: a quote is out of place", "gbk.csv:4: left out: 答案: has no answer")
}

// What is written is what was read: of our own files, and of public ones where they are.
func TestRoundTrip(t *testing.T) {
	for _, dir := range []string{"testdata/rasa", "testdata/chatterbot", "testdata/dialogflow", "testdata/tables", "../../../shared/data/rasa-nlu-starter", "../../../shared/data/chatterbot-corpus"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if _, err := os.Stat(dir); os.IsNotExist(err) {
				testenv.Absent(t, "%s is not part of the project and not there", dir)
			}
			b := read(t, under(t, dir))
			if err := b.Err(); err != nil {
				t.Error(err)
			}
			if len(b.Set.Examples)+len(b.Entries) == 0 {
				t.Fatal("nothing was taken over")
			}
			out := filepath.Join(t.TempDir(), "out")
			names, err := b.Write(t.Context(), out) // reads again and compares
			if err != nil {
				t.Fatal(err)
			}
			again := read(t, under(t, out))
			if diff := cmp.Diff(entries(b), entries(again)); diff != "" {
				t.Errorf("entries (-read +read again):\n%s", diff)
			}
			if _, _, err := again.Set.Check(); err != nil {
				t.Errorf("the written examples do not pass the check before a training: %v", err)
			}
			t.Logf("%s: %d examples of %d intents, %d entries, %d notes", strings.Join(names, ", "), len(b.Set.Examples), len(b.Set.Intents), len(b.Entries), len(b.Notes()))
			if _, err := b.Write(t.Context(), out); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "is there already") {
				t.Errorf("error %v when writing over files, want invalid", err)
			}
		})
	}
}

// A table of questions loses nothing on its way.
func TestTableOfQuestionsKeepsItsColumns(t *testing.T) {
	b := read(t, written(t, map[string]string{"faq.csv": "question,answer,negatives,tags,url,audience,valid from,valid until\n" +
		"How long is the warranty?,Two years.,How long is the guarantee of parts?|is it insured,\"service, parts\",/warranty,members,2026-01-01,2026-12-31\n" +
		"How long is the warranty?,One year.,,,,,,\n"}))
	dir := t.TempDir()
	if _, err := b.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	again := read(t, under(t, dir))
	if len(again.Entries) != 2 {
		t.Fatalf("%d entries, want one for members and one for all:\n%s", len(again.Entries), said(b))
	}
	want := []string{"How long is the warranty?", "Two years.", "", "How long is the guarantee of parts?|is it insured", "en", "members", "service|parts", "/warranty", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"}
	if diff := cmp.Diff(want, again.Entries[0].row()); diff != "" {
		t.Errorf("the row for members (-want +got):\n%s", diff)
	}
}

func TestDifferenceIsSeen(t *testing.T) {
	a := read(t, under(t, "testdata/rasa"))
	for _, spoil := range []func(b *Bundle){
		func(b *Bundle) { b.Set.Examples = b.Set.Examples[1:] },
		func(b *Bundle) { b.Set.Examples[3].Text += "!" },
		func(b *Bundle) { b.Set.Intents[0].Description = "x" },
		func(b *Bundle) { b.Entries = b.Entries[1:] },
		func(b *Bundle) { b.Entries[0].Answer = "x" },
		func(b *Bundle) { b.Entries[0].Paraphrases = nil },
	} {
		b := read(t, under(t, "testdata/rasa"))
		if why := different(a, b); why != "" {
			t.Fatalf("two readings differ in %s", why)
		}
		if spoil(b); different(a, b) == "" {
			t.Error("a spoilt bundle passes for the same")
		}
	}
}

func TestBadFilesAreNamedAndTheOthersRead(t *testing.T) {
	good := "version: 1\nintents:\n  - name: a\n    examples: [one, two]\n  - name: b\n    examples: [three, four]\n"
	for _, c := range []struct{ name, file, text, want string }{
		{"broken YAML", "x.yml", "nlu: [\n", "x.yml: not YAML"},
		{"control character", "x.yml", "nlu:\n- intent: a\n  examples: |\n    - b\x07\n", "x.yml:4: the control character U+0007"},
		{"key twice", "x.yml", "nlu:\n- intent: a\n  intent: b\n  examples: |\n    - c\n", "x.yml:3: the key \"intent\" stands twice"},
		{"example without dash", "x.yml", "nlu:\n- intent: a\n  examples: |\n    - b\n    c\n", "x.yml:5: an example must begin"},
		{"no examples", "x.yml", "nlu:\n- intent: a\n", "x.yml:2: intent \"a\" has no examples"},
		{"bad name", "x.yml", "nlu:\n- intent: a{b\n  examples: |\n    - c\n", "x.yml:2: the name holds '{'"},
		{"responses", "x.yml", "responses:\n  utter_a: hi\n", "x.yml:2: the response utter_a must be a list"},
		{"conversations", "x.yml", "conversations:\n  a: b\n", "x.yml:2: conversations must be a list"},
		{"own format", "x.yml", "intents:\n  - name: c\n    exmaples: [b]\n", "x.yml:3: unknown key \"exmaples\""},
		{"JSON", "intents/x.json", "{\n \"name\": \"a\",\n}", "intents/x.json:3: not JSON"},
		{"JSON of another kind", "intents/x.json", "{\n \"name\": [1]}", "intents/x.json:2: \"name\" holds a array"},
		{"cut off", "intents/x_usersays_en.json", "[\n {\"data\": [", "intents/x_usersays_en.json:2: the file ends too early"},
		{"CX", "agent.json", "{\"startFlow\": \"x\"}", "an agent of Dialogflow CX"},
		{"no columns", "x.csv", "a,b\n1,2\n", "for examples of intents they are text and label"},
		{"no zip", "x.zip", "PK", "x.zip: damaged, or no zip archive"},
		{"not text", "x.csv", "\xff\x00\xfe\x01\x02", "x.csv: the"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := read(t, written(t, map[string]string{"good.yaml": good, c.file: c.text}))
			if err := b.Err(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if len(b.Set.Examples) != 4 {
				t.Errorf("%d examples, want the four of the good file", len(b.Set.Examples))
			}
		})
	}
}

func TestBadTextsAreLeftOut(t *testing.T) {
	b := read(t, written(t, map[string]string{
		"x.csv": "text,label\n" + strings.Repeat("字", 50_000) + ",a\n🎉🎉,a\n😀,b\n\"\",b\na\x1bb,b\nplain,b\n",
		"y.csv": "question,answer\n" + strings.Repeat("q", 501) + ",a\n🎉,party\nfine?,yes\n",
	}))
	if diff := cmp.Diff([]string{"b: plain (x.csv:7)"}, examples(b)); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"🎉 → party (en)", "fine? → yes (en)"}, entries(b)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	expect(t, said(b), "x.csv:2: left out: the example has 50000 characters", "x.csv:3: left out: an example without letters", "x.csv:4: left out: an example without letters", "x.csv:5: left out: the example is empty", "x.csv:6: left out: the text holds the control character U+001B", "y.csv:2: left out: the question")
}

func TestAHundredThousandExamples(t *testing.T) {
	var text strings.Builder
	text.WriteString("text,label\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "order number %d is late,intent_%d\n", i, i%50)
	}
	b := read(t, written(t, map[string]string{"many.csv": text.String()}))
	if n := len(b.Set.Examples); n != 100_000 {
		t.Fatalf("%d examples, want 100,000", n)
	}
	if _, err := b.Write(t.Context(), filepath.Join(t.TempDir(), "out")); err != nil {
		t.Fatal(err)
	}
}

func TestWriteSplitsWhatIsTooMuchForOneFile(t *testing.T) {
	b := &Bundle{}
	answer := strings.Repeat("a long answer ", 1000)
	for i := range 700 {
		b.Entries = append(b.Entries, Entry{Question: fmt.Sprintf("question %d", i), Answer: strings.TrimSpace(fmt.Sprintf("%s%d", answer, i)), Language: "en"})
	}
	names, err := b.Write(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"faq.csv", "faq-2.csv", "faq-3.csv"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestBounds(t *testing.T) {
	zipped := func(files map[string]int) string {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for _, name := range sortedKeys(files) {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(make([]byte, files[name])); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	parts := map[string]int{}
	for i := range 10 {
		parts[fmt.Sprintf("intents/%d.json", i)] = maxFile
	}
	many := map[string]int{}
	for i := range maxMembers + 1 {
		many[fmt.Sprintf("%d.txt", i)] = 0
	}
	for _, c := range []struct{ name, zip, want string }{
		{"one large member", zipped(map[string]int{"intents/a.json": maxFile + 1}), "larger than 16 MB unpacked"},
		{"many of them", zipped(parts), "unpacks to more than 128 MB"},
		{"many files", zipped(many), "has 20001 files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := read(t, written(t, map[string]string{"bomb.zip": c.zip}))
			if err := b.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %.300v, want %q", err, c.want)
			}
		})
	}
}

// An anchor that stands for much is read once, not multiplied.
func TestAnchorsAreNotMultiplied(t *testing.T) {
	b := read(t, written(t, map[string]string{"x.yml": "conversations:\n- &a [q, r]\n- *a\nmore: &b [*a, *a]\nmost: [*b, *b]\n"}))
	if diff := cmp.Diff([]string{"q → r (en)"}, entries(b)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"testdata/rasa/nlu.yml", "testdata/rasa/domain.yml", "testdata/chatterbot/bicycles.yml", "testdata/dialogflow/intents/Opening hours.json", "testdata/dialogflow/intents/Opening hours_usersays_en.json", "testdata/tables/labels.csv"} {
		data, err := fs.ReadFile(os.DirFS("."), seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(seed), data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		for _, as := range []string{"a.yml", "intents/a.json", "intents/a_usersays_en.json", "a.csv"} {
			var r reader
			r.bytes(as, data)
			r.rasa.finish(&r.Bundle)
			r.dialogflow.finish(&r.Bundle)
			if len(r.Files) == 0 {
				t.Fatal("a file without a report")
			}
			set, _ := r.Set.Sift()
			if _, _, err := set.Check(); err != nil {
				t.Fatalf("what was sifted does not pass the check: %v", err)
			}
			siftEntries(r.Entries, nil)
		}
	})
}
