package telemetry

// MailOutcome says what became of an e-mail of a ticket.
type MailOutcome string

// The outcomes of e-mails.
const (
	MailSent     MailOutcome = "sent"     // the mail server took it
	MailFailed   MailOutcome = "failed"   // it did not this time; another try follows
	MailRefused  MailOutcome = "refused"  // it is given up
	MailReceived MailOutcome = "received" // it came in for a ticket
)

// Mail counts an e-mail.
func (m *Metrics) Mail(o MailOutcome) { m.mails.WithLabelValues(string(o)).Inc() }

// MailFile counts a file of an e-mail that came in.
func (m *Metrics) MailFile(taken bool) {
	outcome := "refused"
	if taken {
		outcome = "taken"
	}
	m.mailFiles.WithLabelValues(outcome).Inc()
}
