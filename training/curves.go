package training

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// curve is a confidence a line and whether the line was right; coverage and
// precision run over it from the most confident line down.
type curve struct {
	name       string
	confidence []float64
	right      []bool
}

// curvePoint is one point of a curve. Reliability: X mean confidence of a bin,
// Y share right, N lines in it. Coverage: X share of lines answered, Y precision,
// Threshold the lowest confidence among them.
type curvePoint struct {
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	N         int     `json:"n,omitempty"`
	Threshold float64 `json:"threshold,omitempty"`
}

func (c curve) reliability() []curvePoint {
	var n [eceBins]int
	var conf, hits [eceBins]float64
	for i, v := range c.confidence {
		b := bin(v)
		n[b]++
		conf[b] += v
		if c.right[i] {
			hits[b]++
		}
	}
	var points []curvePoint
	for b, size := range n {
		if size > 0 {
			points = append(points, curvePoint{X: conf[b] / float64(size), Y: hits[b] / float64(size), N: size})
		}
	}
	return points
}

func (c curve) coverage() []curvePoint {
	order := byScore(c.confidence, true)
	var points []curvePoint
	var hits int
	for i, line := range order {
		if c.right[line] {
			hits++
		}
		last := i+1 == len(order)
		// Lines of equal confidence cannot be told apart by a threshold; about two
		// hundred points draw a smooth line whatever the size.
		if !last && (c.confidence[order[i+1]] == c.confidence[line] || (i+1)%max(1, len(order)/200) != 0) {
			continue
		}
		points = append(points, curvePoint{X: float64(i+1) / float64(len(order)), Y: float64(hits) / float64(i+1), Threshold: c.confidence[line]})
	}
	return points
}

// WriteCurves writes the reliability and coverage/precision curves of a result
// into dir as NAME.curves.json and one SVG a curve. Results without a confidence
// write nothing.
func (r *Result) WriteCurves(dir string) error {
	if len(r.curves) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.Invalid, err, "the folder for curves cannot be made")
	}
	base := fileName(r.Name)
	all := map[string]map[string][]curvePoint{}
	for _, c := range r.curves {
		rel, cov := c.reliability(), c.coverage()
		all[c.name] = map[string][]curvePoint{"reliability": rel, "coverage": cov}
		title := r.Name + ": " + c.name
		for kind, svg := range map[string]string{
			"reliability": drawSVG(title+", reliability", "confidence", "share right", rel, true),
			"coverage":    drawSVG(title+", coverage and precision", "coverage", "precision", cov, false),
		} {
			if err := os.WriteFile(filepath.Join(dir, base+"."+c.name+"."+kind+".svg"), []byte(svg), 0o644); err != nil {
				return fault.Wrap(fault.Unavailable, err, "a curve cannot be written")
			}
		}
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, base+".curves.json"), append(data, '\n'), 0o644); err != nil {
		return fault.Wrap(fault.Unavailable, err, "curves cannot be written")
	}
	return nil
}

// fileName is a task's name as the name of a file.
func fileName(task string) string {
	return strings.Map(func(c rune) rune {
		if c == '/' || c == '\\' || c < ' ' {
			return '-'
		}
		return c
	}, task)
}

// drawSVG draws points in the unit square; diagonal adds the line of a perfect
// confidence and dots as large as their bins.
func drawSVG(title, x, y string, points []curvePoint, diagonal bool) string {
	const size, left, top = 320.0, 56.0, 36.0
	px := func(v float64) float64 { return left + v*size }
	py := func(v float64) float64 { return top + (1-v)*size }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", left+size+24, top+size+52)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%g" y="20" font-size="13">%s</text>`+"\n", left, escapeXML(title))
	for i := 0; i <= 5; i++ {
		v := float64(i) / 5
		fmt.Fprintf(&b, `<path d="M%g %gH%g M%g %gV%g" stroke="#ddd"/><text x="%g" y="%g" text-anchor="end">%.1f</text><text x="%g" y="%g" text-anchor="middle">%.1f</text>`+"\n",
			px(0), py(v), px(1), px(v), py(0), py(1), px(0)-6, py(v)+4, v, px(v), py(0)+16, v)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">%s</text><text transform="translate(14 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n", px(.5), py(0)+36, x, py(.5), y)
	if diagonal {
		fmt.Fprintf(&b, `<path d="M%g %gL%g %g" stroke="#999" stroke-dasharray="4 4"/>`+"\n", px(0), py(0), px(1), py(1))
	}
	var total int
	b.WriteString(`<polyline fill="none" stroke="#1d4ed8" stroke-width="2" points="`)
	for _, p := range points {
		total += p.N
		fmt.Fprintf(&b, "%.1f,%.1f ", px(p.X), py(p.Y))
	}
	b.WriteString("\"/>\n")
	if diagonal {
		for _, p := range points {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#1d4ed8" fill-opacity=".6"/>`+"\n", px(p.X), py(p.Y), 2+8*float64(p.N)/float64(max(1, total)))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
