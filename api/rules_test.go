package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func TestRulesOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss, lin := w.console(account.RoleSupervisor), w.console(account.RoleAgent)
	five := 5
	rule := api.Rule{
		Name: "Checkout of important customers", Priority: &five,
		When: []api.Condition{{Kind: "tier", Values: []string{"gold"}}, {Kind: "page", Values: []string{"/cart/*pay"}}},
	}
	put := func(version int64, rules ...api.Rule) answer {
		return boss.do("PUT", "/rules", map[string]any{"rules": rules, "version": version})
	}
	var book api.Rulebook
	put(0, rule).want(t, 200).into(t, &book)
	if book.Version != 1 || len(book.Rules) != 1 || book.Rules[0].ID == "" {
		t.Fatalf("rules %+v", book)
	}
	lin.do("GET", "/rules", nil).want(t, 200).into(t, &book)
	if len(book.Rules[0].When) != 2 || book.Rules[0].When[1].Values[0] != "/cart/*pay" {
		t.Errorf("read %+v", book)
	}
	lin.do("PUT", "/rules", map[string]any{"rules": []api.Rule{}, "version": 1}).want(t, 403)
	put(0, rule).want(t, 409)
	wrong := rule
	wrong.Queue = "nowhere"
	if a := put(1, wrong).want(t, 422); a.code() != "invalid" {
		t.Errorf("a queue that is not there: %s", a)
	}

	// A customer whom the site vouches for asks from that page.
	secret := []byte("0123456789abcdef0123456789abcdef")
	if _, err := w.accounts.PutInbox(t.Context(), account.Inbox{
		Workspace: ws, ID: "shop", Name: "Shop", Origins: []string{shopSite}, Keys: []account.IdentityKey{{ID: "k", Alg: account.AlgHS256, Secret: secret}},
	}); err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "customer-7", "aud": "shop", "name": "Ana", "iat": w.now().Unix(), "exp": w.now().Add(5 * time.Minute).Unix(),
		"tier": "Gold", "attributes": map[string]any{"seats": 12, "trial": false, "odd": []int{1}},
	})
	token.Header["kid"] = "k"
	signed, err := token.SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	var session api.VisitorSession
	w.nobody().do("POST", "/visitor/sessions", map[string]any{"inbox": "shop", "identity": signed}).want(t, 200).into(t, &session)
	if session.Visitor.Attributes != nil {
		t.Error("a visitor's page is told what the site says about them")
	}
	v := &client{w: w, token: session.Token, id: session.Visitor.ID}
	lin.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	var ack api.Ack
	v.do("POST", "/visitor/messages", map[string]any{
		"id": id.New(), "client_conv_id": id.New(), "text": "What is the return period?", "page": "https://shop.example.com/cart/step/pay",
	}).want(t, 200).into(t, &ack)
	v.do("POST", "/visitor/conversations/"+ack.Conversation+"/person", map[string]any{"id": id.New()}).want(t, 200)
	var page api.EventPage
	lin.do("GET", "/conversations/"+ack.Conversation+"/events", nil).want(t, 200).into(t, &page)
	var placing *api.Placing
	for _, e := range page.Events {
		if e.Change == "enqueued" {
			placing = e.Placing
		}
	}
	if placing == nil || placing.Priority != 5 || placing.Rules[0].Name != rule.Name || len(placing.Rules[0].Because) != 2 {
		t.Fatalf("placed %+v", placing)
	}
	var row api.Conversation
	lin.do("GET", "/conversations/"+ack.Conversation, nil).want(t, 200).into(t, &row)
	if a := row.Visitor.Attributes; a["tier"] != "Gold" || a["seats"] != "12" || a["trial"] != "false" || len(a) != 3 {
		t.Errorf("attributes %v", a)
	}
	var own api.EventPage
	v.do("GET", "/visitor/conversations/"+ack.Conversation+"/events", nil).want(t, 200).into(t, &own)
	for _, e := range own.Events {
		if e.Placing != nil {
			t.Error("the visitor reads how they were placed")
		}
	}
}

func TestRulesTriedOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss, lin := w.console(account.RoleSupervisor), w.console(account.RoleAgent)
	lin.live(nil)
	lin.do("PUT", "/agents/me/duty", map[string]any{"duty": "on"}).want(t, 200)
	v := w.visitor()
	conv := v.say("", "What is the return period?").Conversation
	v.do("POST", "/visitor/conversations/"+conv+"/person", map[string]any{"id": id.New()}).want(t, 200)
	var queues struct{ Items []api.Queue }
	boss.do("PUT", "/queues/returns", map[string]any{"name": "Returns", "skills": []string{"returns"}}).want(t, 200)
	boss.do("GET", "/queues", nil).want(t, 200).into(t, &queues)
	if q := queues.Items[1]; q.Able.Able != 0 || len(q.None) != 1 || queues.Items[0].Able.Able == 0 {
		t.Errorf("who could serve: %+v", queues.Items)
	}
	rule := map[string]any{"name": "Asked", "queue": "returns", "when": []map[string]any{{"kind": "reason", "values": []string{"asked"}}}}
	lin.do("POST", "/rules/try", map[string]any{"rule": rule}).want(t, 403)
	var trial api.Trial
	boss.do("POST", "/rules/try", map[string]any{"rule": rule}).want(t, 200).into(t, &trial)
	if trial.Looked != 1 || len(trial.Items) != 1 || trial.Items[0].Row.ID != conv || trial.Items[0].Before.Queue != "" || trial.Items[0].After.Queue != "returns" {
		t.Errorf("tried %+v", trial)
	}
	boss.do("POST", "/rules/try", map[string]any{"rule": map[string]any{"name": "Nothing", "when": []any{}}}).want(t, 422)
	boss.do("PUT", "/rules", map[string]any{"version": 0, "rules": []map[string]any{rule}}).want(t, 200)
	if a := boss.do("DELETE", "/queues/returns", nil).want(t, 409); !strings.Contains(string(a.body), "rule 1, “Asked”") || !strings.Contains(string(a.body), "rules[0].queue") {
		t.Errorf("deleting a queue that a rule names: %s", a)
	}
}

func TestCodeIsWantedOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	boss := w.console(account.RoleSupervisor)
	boss.do("PUT", "/queues/main", map[string]any{"name": "Main", "ask_code": true, "version": queueVersion(t, boss)}).want(t, 200)
	var codes api.CodeList
	boss.do("PUT", "/codes", map[string]any{"version": 0, "codes": []map[string]any{{"name": "Refund"}}}).want(t, 200).into(t, &codes)
	conv := w.visitor().say("", "What is the return period?").Conversation
	boss.do("POST", "/conversations/"+conv+"/take", nil).want(t, 200)
	if a := boss.do("POST", "/conversations/"+conv+"/close", nil).want(t, 422); !strings.Contains(string(a.body), "wrap-up code") || !strings.Contains(string(a.body), "code") {
		t.Errorf("closed without a code: %s", a)
	}
	boss.do("POST", "/conversations/"+conv+"/close", map[string]any{"code": codes.Codes[0].ID}).want(t, 200)
}
