package pdftext

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ledongthuc/pdf"
	"golang.org/x/text/unicode/norm"
)

// maxLetters bounds the text of one page, drawings in drawings included.
const maxLetters = 2_000_000

// Lines returns the lines of a page, numbered from 0, in the order in which they
// were written, which is the order of reading more often than any sorting by place
// would be. Error: the page is damaged.
func (f *File) Lines(page int) (lines []Line, err error) {
	defer func() { // the library panics on much that is damaged
		if e := recover(); e != nil {
			lines, err = nil, fmt.Errorf("page %d: %v", page+1, e)
		}
	}()
	p := f.pages[page]
	contents := p.V.Key("Contents")
	if contents.IsNull() {
		return nil, nil
	}
	s := &shower{file: f, page: page + 1}
	s.show(contents, p.Resources(), matrix{1, 0, 0, 1, 0, 0}, 0)
	s.flush()
	return s.lines, nil
}

func (f *File) font(v pdf.Value) *font {
	key := v.String() // of its dictionary, which names its streams
	n := f.fonts[key]
	if n == nil {
		n = newFont(v)
		f.fonts[key] = n
	}
	return n
}

// matrix is [a b c d e f] of PDF: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix [6]float64

// times is m followed by n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// state is what q saves and Q restores.
type state struct {
	ctm           matrix
	font          *font
	size          float64
	char, word    float64 // extra space behind each letter and word
	stretch, rise float64
	leading       float64
}

// shower follows the content of one page.
type shower struct {
	file    *File
	page    int
	lines   []Line
	now     lineBuilder
	letters int
}

// show interprets a content stream.
func (s *shower) show(contents, resources pdf.Value, ctm matrix, depth int) {
	g := state{ctm: ctm, stretch: 1}
	var saved []state
	tm, tlm := matrix{1, 0, 0, 1, 0, 0}, matrix{1, 0, 0, 1, 0, 0}
	next := func(x, y float64) {
		tlm = matrix{1, 0, 0, 1, x, y}.times(tlm)
		tm = tlm
	}
	pdf.Interpret(contents, func(stk *pdf.Stack, op string) {
		n := stk.Len()
		args := make([]pdf.Value, n)
		for i := n - 1; i >= 0; i-- {
			args[i] = stk.Pop()
		}
		num := func(i int) float64 {
			if i < len(args) {
				return args[i].Float64()
			}
			return 0
		}
		six := func() matrix { return matrix{num(0), num(1), num(2), num(3), num(4), num(5)} }
		switch op {
		case "q":
			if len(saved) < 1000 {
				saved = append(saved, g)
			}
		case "Q":
			if k := len(saved); k > 0 {
				g, saved = saved[k-1], saved[:k-1]
			}
		case "cm":
			g.ctm = six().times(g.ctm)
		case "BT":
			tm, tlm = matrix{1, 0, 0, 1, 0, 0}, matrix{1, 0, 0, 1, 0, 0}
		case "Tm":
			tm, tlm = six(), six()
		case "Td":
			next(num(0), num(1))
		case "TD":
			g.leading = -num(1)
			next(num(0), num(1))
		case "T*":
			next(0, -g.leading)
		case "TL":
			g.leading = num(0)
		case "Tc":
			g.char = num(0)
		case "Tw":
			g.word = num(0)
		case "Tz":
			g.stretch = num(0) / 100
		case "Ts":
			g.rise = num(0)
		case "Tf":
			if len(args) == 2 {
				g.font, g.size = s.file.font(resources.Key("Font").Key(args[0].Name())), num(1)
			}
		case "Tj":
			if n == 1 {
				tm = s.string(&g, tm, args[0].RawString())
			}
		case "'", "\"":
			if op == "\"" {
				g.word, g.char = num(0), num(1)
			}
			next(0, -g.leading)
			if n > 0 {
				tm = s.string(&g, tm, args[n-1].RawString())
			}
		case "TJ":
			if n != 1 {
				return
			}
			for i := range args[0].Len() {
				if v := args[0].Index(i); v.Kind() == pdf.String {
					tm = s.string(&g, tm, v.RawString())
				} else {
					tm = matrix{1, 0, 0, 1, -v.Float64() / 1000 * g.size * g.stretch, 0}.times(tm)
				}
			}
		case "Do":
			if n != 1 || depth > 5 {
				return
			}
			form := resources.Key("XObject").Key(args[0].Name())
			if form.Key("Subtype").Name() != "Form" {
				return
			}
			inner := form.Key("Resources")
			if inner.IsNull() {
				inner = resources
			}
			at := g.ctm
			if m := form.Key("Matrix"); m.Len() == 6 {
				var own matrix
				for i := range own {
					own[i] = m.Index(i).Float64()
				}
				at = own.times(at)
			}
			s.show(form, inner, at, depth+1)
		}
	})
}

// string shows one string and returns where the next begins.
func (s *shower) string(g *state, tm matrix, raw string) matrix {
	if g.font == nil || raw == "" {
		return tm
	}
	words, width, codes, spaces := g.font.text(raw)
	if s.letters += codes; s.letters > maxLetters {
		panic("too much text")
	}
	advance := (width/1000*g.size + float64(codes)*g.char + float64(spaces)*g.word) * g.stretch
	end := matrix{1, 0, 0, 1, advance, 0}.times(tm)
	at := matrix{g.size * g.stretch, 0, 0, g.size, 0, g.rise}.times(tm).times(g.ctm)
	if math.Abs(at[1]) > math.Abs(at[0]) { // set on its side: a stamp in the margin, a label of a chart
		return end
	}
	to := end.times(g.ctm)
	s.add(piece{words, at[4], at[5], to[4], math.Hypot(at[2], at[3]), g.font.bold})
	return end
}

// piece is a shown string: from x to end, its letters' feet at y.
type piece struct {
	text      string
	x, y, end float64
	size      float64
	bold      bool
}

func (s *shower) add(p piece) {
	n := &s.now
	if n.n > 0 && (math.Abs(p.y-n.y) > 0.5*max(p.size, n.last) || p.x < n.end-2*p.size) {
		s.flush()
	}
	n = &s.now
	if n.n > 0 && p.x-n.end > 0.2*p.size {
		n.text.WriteByte(' ')
	}
	n.text.WriteString(p.text)
	letters := len(strings.TrimSpace(p.text))
	n.n += max(letters, 1)
	if p.bold {
		n.bold += max(letters, 1)
	}
	n.y, n.end, n.last = p.y, p.end, p.size
	if letters > n.most || n.size == 0 {
		n.most, n.size = letters, p.size
	}
}

func (s *shower) flush() {
	if l, ok := s.now.line(s.page); ok {
		s.lines = append(s.lines, l)
	}
	s.now = lineBuilder{}
}

// lineBuilder gathers the pieces of one line.
type lineBuilder struct {
	text    strings.Builder
	n, bold int     // letters
	y, end  float64 // of the last piece
	last    float64 // its size
	size    float64 // of the longest piece: bullets and raised figures do not count
	most    int     // its letters
}

func (b *lineBuilder) line(page int) (Line, bool) {
	text := unspaced(strings.Join(strings.Fields(ligatures.Replace(strings.Map(printable, b.text.String()))), " "))
	return Line{Page: page, Y: b.y, Size: math.Round(2*b.size) / 2, Bold: b.bold*10 > b.n*9, Text: text}, text != ""
}

var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

func printable(r rune) rune {
	switch {
	case r == '\u00ad':
		return -1
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r):
		return -1
	case r >= 0x2F00 && r <= 0x2FD5: // Chinese radicals: fonts share shapes, and browsers then name the wrong letter
		return []rune(norm.NFKC.String(string(r)))[0]
	case r >= 0x2E80 && r <= 0x2EFF:
		if i := strings.IndexRune(radicals, r); i >= 0 {
			letter, _ := utf8.DecodeRuneInString(radicals[i+utf8.RuneLen(r):])
			return letter
		}
	}
	return r
}

// radicals are pairs of a shape of the supplement of radicals, to which NFKC gives
// no letter, and the letter that looks the same.
const radicals = "⺁厂⺅亻⺆冂⺎兀⺓幺⺙攵⺛旡⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺪疋⺬示⺭礻⺮竹⺰纟⺶羊⺹耂⺽臼⺾艹⻁虎⻂衤⻄西⻅见⻆角⻈讠⻉贝⻊足" +
	"⻋车⻌辶⻐钅⻑長⻓长⻔门⻖阝⻘青⻙韦⻚页⻛风⻜飞⻝食⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻯竜⻰龙⻳龟"

// unspaced takes out spaces beside Chinese characters that come from how they
// were set.
func unspaced(s string) string {
	r := []rune(s)
	out := r[:0:len(r)]
	for i, c := range r {
		if c == ' ' && i > 0 && i+1 < len(r) && (Wide(r[i-1]) && closes(r[i+1]) || Wide(r[i+1]) && closes(r[i-1])) {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

// Wide reports whether a character is set without spaces around it, as Chinese
// ones and their marks are.
func Wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// closes reports whether no space belongs between a character and a Chinese one.
func closes(r rune) bool { return Wide(r) || r >= 0x2010 && r <= 0x2027 }
