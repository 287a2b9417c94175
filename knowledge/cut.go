package knowledge

import (
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// cut packs the blocks of one section into stretches of bounded size.
type cut struct {
	*pack
	budget int // tokens a stretch aims at
	limit  int // tokens it must not exceed

	out    []stretch
	now    stretch
	repeat bool // now holds nothing but the sentence repeated from the last stretch
}

type stretch struct {
	text   string
	tokens int
}

func (c *cut) add(b block) {
	n := c.Tokens(PlainText(b.text))
	switch {
	case b.kind == blockTable:
		c.table(b, n)
	case n <= c.budget:
		c.place(b, n)
	case b.kind == blockProse:
		for _, s := range sentences(b) {
			if n := c.Tokens(PlainText(s.text)); n > c.budget {
				c.pieces(s, n)
			} else {
				c.place(s, n)
			}
		}
	case b.kind == blockItem && n <= c.limit:
		c.place(b, n)
	default: // a list item or listing that is too long even alone: by lines
		for i, line := range strings.Split(b.text, "\n") {
			l := block{b.kind, "\n", line}
			if i == 0 {
				l.sep = b.sep
			}
			if n := c.Tokens(PlainText(line)); n > c.budget {
				c.pieces(l, n)
			} else {
				c.place(l, n)
			}
		}
	}
}

// place puts a block at the end of the present stretch or of a new one.
func (c *cut) place(b block, n int) {
	if c.now.text != "" && c.now.tokens+n > c.budget {
		c.flush(b.kind)
		if c.now.text != "" && c.now.tokens+n > c.limit {
			c.now = stretch{}
		}
	}
	c.append(b, n)
}

func (c *cut) append(b block, n int) {
	if c.now.text != "" {
		c.now.text += b.sep
	}
	c.now.text += b.text
	c.now.tokens += n
	c.repeat = false
}

// flush ends the present stretch; the next begins with its last sentence.
func (c *cut) flush(next blockKind) {
	last := c.now
	if c.now.text != "" && !c.repeat {
		c.out = append(c.out, c.now)
	}
	c.now = stretch{}
	if c.Overlap < 0 || next == blockTable || next == blockFence || last.text == "" {
		return
	}
	all := text.Sentences(last.text)
	if len(all) < 2 || strings.Contains(all[len(all)-1], "|") || fenceMark(all[len(all)-1]) != "" {
		return
	}
	s := all[len(all)-1]
	if n := c.Tokens(PlainText(s)); n <= c.Overlap && n <= c.budget/3 {
		c.now, c.repeat = stretch{s, n}, true
	}
}

// table keeps a table whole, with the words that lead up to it if they fit, and
// cuts one beyond the limit between rows, its header on every part.
func (c *cut) table(b block, n int) {
	if c.now.tokens+n <= c.limit {
		c.append(b, n)
		return
	}
	c.flush(blockTable)
	if n <= c.limit {
		c.append(b, n)
		return
	}
	lines := strings.Split(b.text, "\n")
	head := strings.Join(lines[:2], "\n")
	headTokens := c.Tokens(PlainText(lines[0]))
	part, tokens := head, headTokens
	for _, row := range lines[2:] {
		rowTokens := c.Tokens(PlainText(row)) + 1
		if tokens+rowTokens > c.budget && part != head {
			c.out = append(c.out, stretch{part, tokens})
			part, tokens = head, headTokens
		}
		if headTokens+rowTokens > c.limit { // one row that no chunk can hold
			if part != head {
				c.out = append(c.out, stretch{part, tokens})
				part, tokens = head, headTokens
			}
			c.pieces(block{blockProse, "\n", PlainText(row)}, rowTokens)
			c.flush(blockTable)
			continue
		}
		part, tokens = part+"\n"+row, tokens+rowTokens
	}
	if part != head {
		c.out = append(c.out, stretch{part, tokens})
	}
}

// pieces cuts a run without sentence ends at spaces or marks, else anywhere.
func (c *cut) pieces(b block, tokens int) {
	runes := []rune(b.text)
	size := max(1, len(runes)*c.budget/max(tokens, 1)*9/10)
	for len(runes) > 0 {
		n := min(size, len(runes))
		if n < len(runes) {
			for k := n; k > n/2; k-- {
				if r := runes[k]; unicode.IsSpace(r) || unicode.IsPunct(runes[k-1]) {
					n = k
					break
				}
			}
		}
		part := string(runes[:n])
		for k := c.Tokens(part); k > c.limit && n > 1; k = c.Tokens(part) { // uneven text: letters first, symbols later
			n = max(1, n/2)
			part = string(runes[:n])
		}
		c.flush(blockTable) // no sentence to repeat
		c.append(block{b.kind, b.sep, strings.TrimSpace(part)}, c.Tokens(part))
		runes = runes[n:]
	}
}

// done returns the stretches. A short tail joins the one before it.
func (c *cut) done() []string {
	if c.now.text != "" && !c.repeat {
		last := len(c.out) - 1
		if last >= 0 && c.now.tokens < c.budget/4 && c.out[last].tokens+c.now.tokens <= c.limit && !strings.Contains(c.out[last].text, "\n|") {
			c.out[last].text += "\n" + c.tail()
		} else {
			c.out = append(c.out, c.now)
		}
	}
	texts := make([]string, len(c.out))
	for i, s := range c.out {
		texts[i] = s.text
	}
	return texts
}

// tail is the present stretch without the sentence repeated from the last one.
func (c *cut) tail() string {
	all := text.Sentences(c.out[len(c.out)-1].text)
	if len(all) == 0 {
		return c.now.text
	}
	return strings.TrimLeft(strings.TrimPrefix(c.now.text, all[len(all)-1]), " \n")
}
