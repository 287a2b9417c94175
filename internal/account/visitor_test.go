package account_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

var (
	hmacKey = []byte("0123456789abcdef0123456789abcdef")
	edKey   = ed25519.NewKeyFromSeed([]byte("fedcba9876543210fedcba9876543210"))
)

func shop(t *testing.T, d *account.Directory) account.Inbox {
	t.Helper()
	in, err := d.PutInbox(t.Context(), account.Inbox{
		Workspace: ws, ID: "shop", Name: "Shop", Origins: []string{"https://shop.example.com"},
		Keys: []account.IdentityKey{
			{ID: "h1", Alg: account.AlgHS256, Secret: hmacKey},
			{ID: "e1", Alg: account.AlgEdDSA, Public: edKey.Public().(ed25519.PublicKey)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// sign makes an identity token.
func sign(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, c)
	if kid != "" {
		tok.Header["kid"] = kid
	}
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func good(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{"sub": "customer-7", "aud": "shop", "exp": now.Add(10 * time.Minute).Unix(), "name": "Ana", "email": "Ana@Example.com", "jti": id.New()}
}

func with(c jwt.MapClaims, k string, v any) jwt.MapClaims {
	if v == nil {
		delete(c, k)
	} else {
		c[k] = v
	}
	return c
}

func arrive(t *testing.T, d *account.Directory, identity, token string) (string, account.VisitorCaller) {
	t.Helper()
	tok, c, _, err := d.Arrive(t.Context(), account.Arrival{Workspace: ws, Inbox: "shop", Identity: identity, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return tok, c
}

func TestIdentityTokens(t *testing.T) {
	d, _, c := open(t)
	shop(t, d)
	now := c.now()
	for name, token := range map[string]string{
		"HS256": sign(t, jwt.SigningMethodHS256, "h1", hmacKey, good(now)),
		"EdDSA": sign(t, jwt.SigningMethodEdDSA, "e1", edKey, good(now)),
	} {
		_, who := arrive(t, d, token, "")
		if v := who.Visitor; v.External != "customer-7" || v.Name != "Ana" || v.Email != "ana@example.com" {
			t.Errorf("%s: visitor %+v is not the signed one", name, v)
		}
	}

	none := func() string {
		b := func(v any) string {
			j, _ := json.Marshal(v)
			return base64.RawURLEncoding.EncodeToString(j)
		}
		return b(map[string]string{"alg": "none", "kid": "h1", "typ": "JWT"}) + "." + b(good(now)) + "."
	}
	public := []byte(edKey.Public().(ed25519.PublicKey))
	otherEd := ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes"))
	for name, token := range map[string]string{
		"alg none":                  none(),
		"public key as HMAC secret": sign(t, jwt.SigningMethodHS256, "e1", public, good(now)),
		"HS512":                     sign(t, jwt.SigningMethodHS512, "h1", hmacKey, good(now)),
		"wrong secret":              sign(t, jwt.SigningMethodHS256, "h1", []byte("another secret of thirty-two byt"), good(now)),
		"wrong Ed25519 key":         sign(t, jwt.SigningMethodEdDSA, "e1", otherEd, good(now)),
		"no kid":                    sign(t, jwt.SigningMethodHS256, "", hmacKey, good(now)),
		"unknown kid":               sign(t, jwt.SigningMethodHS256, "h2", hmacKey, good(now)),
		"kid as a path":             sign(t, jwt.SigningMethodHS256, "../../h1", hmacKey, good(now)),
		"another inbox":             sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "aud", "blog")),
		"no audience":               sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "aud", nil)),
		"expired":                   sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "exp", now.Add(-2*time.Minute).Unix())),
		"no expiry":                 sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "exp", nil)),
		"lives an hour":             sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "exp", now.Add(time.Hour).Unix())),
		"not yet":                   sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "nbf", now.Add(5*time.Minute).Unix())),
		"issued in the future":      sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "iat", now.Add(5*time.Minute).Unix())),
		"nobody":                    sign(t, jwt.SigningMethodHS256, "h1", hmacKey, with(good(now), "sub", " ")),
		"garbage":                   "not.a.token",
	} {
		_, _, _, err := d.Arrive(t.Context(), account.Arrival{Workspace: ws, Inbox: "shop", Identity: token})
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v, want it refused", name, err)
		} else if fault.Message(err) != "The identity token was refused." {
			t.Errorf("%s: the message tells why: %s", name, fault.Message(err))
		}
	}

	once := sign(t, jwt.SigningMethodHS256, "h1", hmacKey, good(now))
	arrive(t, d, once, "")
	_, _, _, err := d.Arrive(t.Context(), account.Arrival{Workspace: ws, Inbox: "shop", Identity: once})
	wantKind(t, err, fault.Conflict)
}

func TestStrangerKeepsTheConversationsOfThisBrowser(t *testing.T) {
	d, db, c := open(t)
	shop(t, d)
	tl := db.Conversations()
	write := func(v account.Visitor) bot.ConversationID {
		t.Helper()
		w, err := tl.Open(t.Context(), bot.Conversation{
			Workspace: ws, Inbox: "shop", Visitor: bot.VisitorID(v.ID), ClientConvID: id.New(), CreatedAt: c.now(),
		}, bot.Key{Sender: bot.Author{Kind: bot.AuthorVisitor, ID: v.ID}, ClientMsgID: id.New(), Digest: "d"},
			func(bot.Conversation) (bot.Change, error) {
				return bot.Change{Events: []bot.NewEvent{{
					Kind: bot.EventMessage, Visible: true, At: c.now(),
					Author: bot.Author{Kind: bot.AuthorVisitor, ID: v.ID}, Body: bot.Body{Text: "hello"},
				}}}, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		return w.Conversation.ID
	}
	owner := func(conv bot.ConversationID) string {
		t.Helper()
		row, err := tl.Conversation(t.Context(), ws, conv)
		if err != nil {
			t.Fatal(err)
		}
		return string(row.Visitor)
	}

	// The first browser: a stranger writes, then signs in on the site.
	token, stranger := arrive(t, d, "", "")
	conv := write(stranger.Visitor)
	token2, known := arrive(t, d, sign(t, jwt.SigningMethodHS256, "h1", hmacKey, good(c.now())), token)
	if known.Visitor.ID != stranger.Visitor.ID {
		t.Errorf("the stranger became %s, want the same visitor %s with a name", known.Visitor.ID, stranger.Visitor.ID)
	}
	if _, err := d.Visitor(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the replaced token still works: %v", err)
	}
	if _, err := d.Visitor(t.Context(), token2); err != nil {
		t.Fatal(err)
	}

	// The second browser of the same person: its conversation moves over.
	token3, other := arrive(t, d, "", "")
	conv2 := write(other.Visitor)
	_, again := arrive(t, d, sign(t, jwt.SigningMethodHS256, "h1", hmacKey, good(c.now())), token3)
	if again.Visitor.ID != known.Visitor.ID {
		t.Errorf("second browser is %s, want %s", again.Visitor.ID, known.Visitor.ID)
	}
	if owner(conv) != known.Visitor.ID || owner(conv2) != known.Visitor.ID {
		t.Errorf("conversations belong to %s and %s, want %s", owner(conv), owner(conv2), known.Visitor.ID)
	}

	// Another person on that browser gets nothing of it.
	claims := with(good(c.now()), "sub", "customer-8")
	_, someone := arrive(t, d, sign(t, jwt.SigningMethodHS256, "h1", hmacKey, claims), token2)
	if someone.Visitor.ID == known.Visitor.ID {
		t.Error("another person took over a known visitor")
	}
	if owner(conv) != known.Visitor.ID {
		t.Error("another person took over a conversation")
	}
}

func TestArrivingAgainKeepsTheToken(t *testing.T) {
	d, _, c := open(t)
	shop(t, d)
	token, who := arrive(t, d, "", "")
	again, same := arrive(t, d, "", token)
	if again != token || same.Visitor.ID != who.Visitor.ID {
		t.Error("a second tab of the same browser got another token or visitor")
	}
	jwt1 := sign(t, jwt.SigningMethodHS256, "h1", hmacKey, good(c.now()))
	known, _ := arrive(t, d, jwt1, token)
	if known == token {
		t.Error("the token stayed when the stranger became somebody")
	}
	// A page from a cache shows the spent token again: the browser is that person already.
	if again, _ := arrive(t, d, jwt1, known); again != known {
		t.Error("the same person again got another token")
	}
	fresh, other := arrive(t, d, "", "gone")
	if fresh == "gone" || other.Visitor.ID == who.Visitor.ID {
		t.Error("an unknown token was taken")
	}
}

func TestVisitorSessionIsRenewedByUse(t *testing.T) {
	d, _, c := open(t)
	shop(t, d)
	token, who := arrive(t, d, "", "")
	c.add(29 * 24 * time.Hour)
	again, err := d.Visitor(t.Context(), token)
	if err != nil || again.Visitor.ID != who.Visitor.ID {
		t.Fatalf("after 29 days: %v %+v", err, again)
	}
	c.add(29 * 24 * time.Hour)
	if _, err := d.Visitor(t.Context(), token); err != nil {
		t.Fatalf("29 days after the last use: %v", err)
	}
	c.add(30 * 24 * time.Hour)
	_, err = d.Visitor(t.Context(), token)
	wantKind(t, err, fault.Unauthenticated)
	_, _, _, err = d.Arrive(t.Context(), account.Arrival{Workspace: ws, Inbox: "nowhere"})
	wantKind(t, err, fault.NotFound)
}

func TestInboxChecks(t *testing.T) {
	d, _, _ := open(t)
	in := shop(t, d)
	for origin, want := range map[string]bool{
		"https://shop.example.com":          true,
		"http://shop.example.com":           false,
		"https://shop.example.com:8443":     false,
		"https://shop.example.com.evil.org": false,
		"https://evilshop.example.com":      false,
		"https://SHOP.example.com":          false,
		"null":                              false,
		"":                                  false,
	} {
		if got := in.Allows(origin); got != want {
			t.Errorf("Allows(%q) = %v, want %v", origin, got, want)
		}
	}
	for _, bad := range []string{"*", "https://*.example.com", "shop.example.com", "https://shop.example.com/path", "https://user@shop.example.com", "ftp://x", "https://shop.example.com:443", "null"} {
		_, err := d.PutInbox(t.Context(), account.Inbox{Workspace: ws, ID: "shop", Name: "Shop", Origins: []string{bad}})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("origin %q was taken: %v", bad, err)
		}
	}
	same, err := d.EnsureInbox(t.Context(), account.Inbox{Workspace: ws, ID: "shop", Name: "Other"})
	if err != nil || same.Name != "Shop" {
		t.Errorf("EnsureInbox replaced what was there: %+v %v", same, err)
	}
	got, err := d.Inbox(t.Context(), ws, "shop")
	if err != nil || len(got.Keys) != 2 || string(got.Keys[0].Secret) != string(hmacKey) || got.Language != "en" {
		t.Errorf("stored inbox %+v %v", got, err)
	}
}
