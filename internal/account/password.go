package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Argon sets the cost of one password hash.
type Argon struct {
	Memory  uint32 // KiB; zero: 19456
	Time    uint32 // passes; zero: 2
	Threads uint8  // zero: 1
}

// The zero Argon means the first recommendation of OWASP's Password Storage
// Cheat Sheet for argon2id: 19 MiB, two passes, one lane.
func (a Argon) filled() Argon {
	if a.Memory == 0 {
		a.Memory = 19456
	}
	if a.Time == 0 {
		a.Time = 2
	}
	if a.Threads == 0 {
		a.Threads = 1
	}
	return a
}

const (
	saltBytes = 16
	keyBytes  = 32

	// Long passwords are welcome, but hashing a megabyte for a stranger is not.
	minPassword = 10 // characters
	maxPassword = 256
)

// checkPassword returns what is wrong with a new password.
func checkPassword(p string) error {
	if n := utf8.RuneCountInString(p); n < minPassword || n > maxPassword {
		return fault.New(fault.Invalid, "The password is not valid.").
			WithField("password", fmt.Sprintf("use %d to %d characters", minPassword, maxPassword))
	}
	return nil
}

// hash returns the PHC string of a password.
func (a Argon) hash(password string) string {
	a = a.filled()
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	key := argon2.IDKey([]byte(password), salt, a.Time, a.Memory, a.Threads, keyBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.Memory, a.Time, a.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// verify reports whether the password belongs to the PHC string. A string that
// cannot be read belongs to none.
func verify(password, phc string) bool {
	var a Argon
	var version int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.Memory, &a.Time, &a.Threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 || a.Time == 0 || a.Threads == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, a.Time, a.Memory, a.Threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
