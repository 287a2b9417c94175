package knowledge

import (
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// judge sets the confidence of every candidate.
func judge(candidates []Candidate, all []sighting, a *asked, r *index.Result, h Hints) {
	for i := range candidates {
		s := &all[i]
		z := 0.0
		if r.Deviation > 0 {
			z = (s.cosine - r.Mean) / r.Deviation
		}
		candidates[i].Confidence = 1 / (1 + math.Exp(-(.8*(z-3) + 2*s.coverage - 1)))
	}
}
