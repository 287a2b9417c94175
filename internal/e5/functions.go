package e5

import "math"

// Constants of exp32 and gelu32. The vector kernels use the same ones.
const (
	log2e = math.Log2E
	// ln2High has few enough bits that n*ln2High is exact for |n| < 2^9 (Cody and
	// Waite); ln2Low is the rest of ln 2.
	ln2High = 0.693359375
	ln2Low  = math.Ln2 - ln2High
	// Below expMin the result would be subnormal; it is cut there.
	expMin = -87
	// exp(r) for |r| <= ln(2)/2 to 2 units in the last place: Taylor up to r^6.
	exp2C, exp3C, exp4C, exp5C, exp6C = 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720
	// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: the error
	// function to 1.5e-7.
	erfP                              = 0.3275911
	erf1C, erf2C, erf3C, erf4C, erf5C = 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429
)

// exp32 is e^x for x <= 0, at least e^expMin.
func exp32(x float32) float32 {
	x = max(x, expMin)
	n := float32(x*log2e) + roundMagic
	exponent := int32(math.Float32bits(n) - math.Float32bits(roundMagic))
	n -= roundMagic
	r := x - n*ln2High - n*ln2Low
	p := float32(exp6C)
	p = p*r + exp5C
	p = p*r + exp4C
	p = p*r + exp3C
	p = p*r + exp2C
	p = p*r + 1
	p = p*r + 1
	return math.Float32frombits(math.Float32bits(p) + uint32(exponent)<<23)
}

// gelu32 is x*Phi(x), Phi the standard normal distribution function.
func gelu32(x float32) float32 {
	// Phi(x) = 1 - tail/2 for x >= 0, tail/2 below, with tail = erfc(|x|/sqrt 2).
	z := max(x, -x) * (math.Sqrt2 / 2)
	t := 1 / (1 + erfP*z)
	p := float32(erf5C)
	p = p*t + erf4C
	p = p*t + erf3C
	p = p*t + erf2C
	p = p*t + erf1C
	tail := p * t * exp32(-z*z)
	return max(x, 0) - max(x, -x)*tail/2
}
