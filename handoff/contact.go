package handoff

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Bounds of what is left with a message, in characters.
const (
	maxText    = 4000
	maxAddress = 254
	maxPhone   = 40
)

// check refuses a message that nobody could answer.
func (c Contact) check() error {
	text := strings.TrimSpace(c.Text)
	switch {
	case text == "":
		return fault.New(fault.Invalid, "Please write what it is about.").WithField("text", "must not be empty")
	case utf8.RuneCountInString(text) > maxText:
		return fault.New(fault.Invalid, "Please keep the message under 4,000 characters.").WithField("text", "at most 4,000 characters")
	case len(c.Email) > maxAddress || c.Email != "" && !address(c.Email):
		return fault.New(fault.Invalid, "This is not an e-mail address.").WithField("email", "such as name@example.com")
	case len(c.Phone) > maxPhone || c.Phone != "" && !phone(c.Phone):
		return fault.New(fault.Invalid, "This is not a phone number.").WithField("phone", "digits, spaces, + - ( )")
	}
	return nil
}

// address reports whether s is a bare address: no name, no angle brackets, a dot
// in the domain.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return false
	}
	return strings.Contains(s[strings.LastIndex(s, "@"):], ".")
}

func phone(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-() ./", r):
			return false
		}
	}
	return digits >= 5
}

func errWithPerson(s *step) error {
	return fault.New(fault.Conflict, "%s is with you in this conversation.", s.name(s.next.Agent))
}
