package account

import (
	"crypto/ed25519"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Limits of identity tokens.
const (
	identityLife   = 15 * time.Minute // the longest a token may have left
	identityLeeway = 60 * time.Second // between the site's clock and ours
	maxIdentity    = 8 << 10          // bytes

	maxAttributes    = 30
	maxAttributeName = 40  // characters
	maxAttribute     = 200 // characters
)

// Identity is what a site's server signed about a visitor.
type Identity struct {
	External string // the site's own ID of the person
	Name     string
	Email    string
	Expires  time.Time

	Attributes map[string]string
}

// claims are the only claims that are read; a token may carry others.
type claims struct {
	jwt.RegisteredClaims
	Name  string `json:"name"`
	Email string `json:"email"`
	Tier  any    `json:"tier"` // short for the attribute of that name

	Attributes map[string]any `json:"attributes"`
}

// attributes are those of the claims that are texts, numbers or truth values,
// within bounds; the rest is left out, because a site may sign more than we need.
func (c claims) attributes() map[string]string {
	out := make(map[string]string)
	put := func(name string, v any) {
		name = strings.ToLower(clip(name, maxAttributeName))
		value := ""
		switch v := v.(type) {
		case string:
			value = clip(v, maxAttribute)
		case float64:
			value = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			value = strconv.FormatBool(v)
		}
		if name != "" && value != "" && len(out) < maxAttributes {
			out[name] = value
		}
	}
	put("tier", c.Tier)
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		put(name, c.Attributes[name])
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// identity verifies a token against the inbox's keys. Every failure is the same
// error to the caller; the cause goes to the log.
func (in Inbox) identity(token string, now time.Time) (Identity, error) {
	refuse := func(cause error) (Identity, error) {
		return Identity{}, fault.Wrap(fault.Unauthenticated, cause, "The identity token was refused.")
	}
	if len(token) > maxIdentity {
		return refuse(jwt.ErrTokenMalformed)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{AlgHS256, AlgEdDSA}),
		jwt.WithAudience(in.ID),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(identityLeeway),
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithStrictDecoding(),
	)
	var c claims
	_, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		for _, k := range in.Keys {
			// The key decides the algorithm, never the token: otherwise a public key
			// could be used as an HMAC secret.
			if kid == "" || k.ID != kid || t.Method.Alg() != k.Alg {
				continue
			}
			if k.Alg == AlgEdDSA {
				return ed25519.PublicKey(k.Public), nil
			}
			return k.Secret, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	})
	if err != nil {
		return refuse(err)
	}
	if c.ExpiresAt.Sub(now) > identityLife+identityLeeway {
		return refuse(jwt.ErrTokenInvalidClaims)
	}
	subject := strings.TrimSpace(c.Subject)
	if subject == "" || len(subject) > 200 {
		return refuse(jwt.ErrTokenInvalidSubject)
	}
	return Identity{
		External: subject, Name: clip(c.Name, 80), Email: clip(NormalEmail(c.Email), 254),
		Expires: c.ExpiresAt.Add(identityLeeway), Attributes: c.attributes(),
	}, nil
}

// clip cuts a string to n characters, without control characters.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
