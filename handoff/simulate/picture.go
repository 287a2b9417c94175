package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The picture's measures, in its own units.
const (
	panel = 320.0 // each panel's width and height
	left  = 58.0
	top   = 44.0
	apart = 96.0
)

// colours of the lines: the desk, then what it is compared with in order of name.
var colours = []string{"#1d4ed8", "#d97706", "#6b7280", "#059669", "#be185d"}

// axes is one panel.
type axes struct {
	x0         float64
	maxX, maxY float64
}

func (a axes) at(x, y float64) (float64, float64) {
	return a.x0 + min(x/a.maxX, 1)*panel, top + (1-min(y/a.maxY, 1))*panel
}

// Picture draws a report as SVG: how many were served within which wait, beside
// what it is compared with; and what visitors were told beside how long it took.
func (r Report) Picture() string {
	var b strings.Builder
	width, height := left+2*panel+apart+28, top+panel+84
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%g" y="22" font-size="14">%s, seed %d: %d visitors</text>`+"\n",
		left, escape(r.Name), r.Seed, r.Arrivals)
	r.served(&b)
	r.told(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// served draws the share of all who were served within a wait.
func (r Report) served(b *strings.Builder) {
	lines := []struct {
		name string
		Outcome
	}{{"frontdesk", r.Outcome}}
	for _, m := range slices.Sorted(maps.Keys(r.Against)) {
		lines = append(lines, struct {
			name string
			Outcome
		}{string(m), r.Against[m]})
	}
	for _, c := range r.WhatIf {
		lines = append(lines, struct {
			name string
			Outcome
		}{c.Name, c.Outcome})
	}
	longest := 60.0
	for _, l := range lines {
		longest = max(longest, l.P95)
	}
	a := axes{left, round(longest), 1}
	a.grid(b, "seconds waited", "share of all visitors served by then", "%.0f", "%.1f")
	for i, l := range lines {
		colour := colours[i%len(colours)]
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colour)
		waits := slices.Sorted(slices.Values(l.taken))
		for k := 0; k <= 100; k++ {
			t := a.maxX * float64(k) / 100
			n, _ := slices.BinarySearch(waits, t+1e-9)
			x, y := a.at(t, share(float64(n), float64(l.Arrivals)))
			fmt.Fprintf(b, "%.1f,%.1f ", x, y)
		}
		x := left + float64(i%3)*110
		y := top + panel + 58 + float64(i/3)*16
		fmt.Fprintf(b, "\"/>\n"+`<path d="M%g %gh16" stroke="%s" stroke-width="3"/><text x="%g" y="%g">%s</text>`+"\n", x, y, colour, x+22, y+4, escape(l.name))
	}
}

// told draws each wait beside the median that was told.
func (r Report) told(b *strings.Builder) {
	longest := 60.0
	var told []float64
	for _, e := range r.estimates {
		told = append(told, e.median)
	}
	longest = max(longest, quantile(told, .98))
	a := axes{left + panel + apart, round(longest), round(longest)}
	a.grid(b, "seconds told (median)", "seconds waited", "%.0f", "%.0f")
	x0, y0 := a.at(0, 0)
	x1, y1 := a.at(a.maxX, a.maxY)
	fmt.Fprintf(b, `<path d="M%g %gL%g %g" stroke="#999" stroke-dasharray="4 4"/>`+"\n", x0, y0, x1, y1)
	step := max(1, len(r.estimates)/500)
	for i := 0; i < len(r.estimates); i += step {
		x, y := a.at(r.estimates[i].median, r.estimates[i].waited)
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="1.8" fill="#1d4ed8" fill-opacity=".35"/>`, x, y)
	}
	fmt.Fprintf(b, "\n"+`<text x="%g" y="%g">off by %.0f %% in the median, a running mean by %.0f %%;</text>`+"\n",
		a.x0, top+panel+58, 100*r.Estimate.Error, 100*r.Estimate.Running)
	fmt.Fprintf(b, `<text x="%g" y="%g">%.0f %% waited shorter than the upper one that was told</text>`+"\n", a.x0, top+panel+74, 100*r.Estimate.Cover)
}

func (a axes) grid(b *strings.Builder, x, y, fx, fy string) {
	for i := 0; i <= 5; i++ {
		part := float64(i) / 5
		px, py := a.at(part*a.maxX, part*a.maxY)
		ox, oy := a.at(0, 0)
		fmt.Fprintf(b, `<path d="M%g %gh%g M%g %gv%g" stroke="#e5e7eb"/>`, ox, py, panel, px, top, panel)
		fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="end">`+fy+`</text><text x="%g" y="%g" text-anchor="middle">`+fx+"</text>\n",
			ox-6, py+4, part*a.maxY, px, oy+16, part*a.maxX)
	}
	fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="middle">%s</text><text transform="translate(%g %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n",
		a.x0+panel/2, top+panel+34, x, a.x0-44, top+panel/2, y)
}

// round is the next of 1, 2, 3, 5 times a power of ten.
func round(x float64) float64 {
	for unit := 1.0; ; unit *= 10 {
		for _, m := range []float64{1, 2, 3, 5} {
			if m*unit >= x {
				return m * unit
			}
		}
	}
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
