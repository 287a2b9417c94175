package load

import (
	"math"
	"sort"
)

// Quantile returns the q-quantile (0…1) of values by the nearest-rank method; 0
// when there are none. It sorts values in place.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sort.Float64s(values)
	i := int(math.Ceil(q*float64(len(values)))) - 1
	return values[max(0, min(i, len(values)-1))]
}
