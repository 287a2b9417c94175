package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/frontdesk-chat/frontdesk/handoff"
)

// A token is 16 bytes of the ticket's ID and 10 of the MAC in base32: 42 letters
// and digits that survive mail programs which change the case of addresses, and
// leave 21 of the 64 characters before an @ for the address itself.
const (
	macBytes    = 10
	tokenLength = 42
)

var (
	lower  = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	tokens = regexp.MustCompile(`[a-z2-7]{42,}`)
)

type signer struct{ key []byte }

func (s signer) mac(id []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("frontdesk ticket\x00"))
	h.Write(id)
	return h.Sum(nil)[:macBytes]
}

// token proves that whoever has it was written to about the ticket. "" for an ID
// that is no UUID.
func (s signer) token(ticket handoff.TicketID) string {
	id, err := uuid.Parse(string(ticket))
	if err != nil {
		return ""
	}
	return lower.EncodeToString(append(id[:], s.mac(id[:])...))
}

// find returns the ticket of the last valid token in a text.
func (s signer) find(text string) (handoff.TicketID, bool) {
	all := tokens.FindAllString(strings.ToLower(text), -1)
	for i := len(all) - 1; i >= 0; i-- {
		if len(all[i]) != tokenLength {
			continue
		}
		raw, err := lower.DecodeString(all[i])
		if err != nil || len(raw) != 16+macBytes || !hmac.Equal(raw[16:], s.mac(raw[:16])) {
			continue
		}
		return handoff.TicketID(uuid.UUID(raw[:16]).String()), true
	}
	return "", false
}
