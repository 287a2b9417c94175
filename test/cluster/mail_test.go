package cluster

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// TestBrowserMail has visitors who come out of hours, and an agent who answers them
// by e-mail, in browsers, beside a real mail server.
func TestBrowserMail(t *testing.T) {
	if os.Getenv("FRONTDESK_TEST_BROWSER") == "" {
		t.Skip("browsers run with make test-browser")
	}
	program, err := filepath.Abs(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	server := testenv.Mail(t)
	inBrowsers(t, "mail.test.mjs", postman(server),
		"FRONTDESK_TEST_BINARY="+program,
		"FRONTDESK_MAIL_SMTP=smtp://"+server.SMTP+"?tls=none",
		"FRONTDESK_MAIL_IMAP=imap://support:"+testenv.MailPassword+"@"+server.IMAP+"?tls=none",
		"FRONTDESK_MAIL_FROM=Juniper & Clay <support@shop.test>",
		"FRONTDESK_MAIL_KEY=a secret that nobody else knows about",
		"FRONTDESK_MAIL_POLL=500ms")
}

// postman is the visitors' own side of the mail server.
func postman(server *testenv.MailServer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mails/{name}", func(w http.ResponseWriter, r *http.Request) {
		letters, err := server.Letters(r.PathValue("name"))
		if err == nil {
			err = json.NewEncoder(w).Encode(letters)
		}
		answer(w, err)
	})
	mux.HandleFunc("POST /mails", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ From, To, Raw string }
		err := json.NewDecoder(r.Body).Decode(&in)
		if err == nil {
			err = server.Send(in.From, in.To, in.Raw)
		}
		answer(w, err)
	})
	return mux
}
