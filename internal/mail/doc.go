// Package mail carries tickets over e-mail: out by SMTP, in by IMAP.
//
// What comes in is matched by a token alone: the ticket's ID with a MAC under a
// secret of the installation. It stands in the address that answers go to, in the
// Message-ID that In-Reply-To and References repeat, and at the foot of the text,
// which is what is left of it when somebody forwards the mail. Numbers and subjects
// are never looked at.
//
// Sending is at least once: a mail that is sent again because its outcome was not
// known has the same Message-ID, by which mail programs show it once. Receiving is
// at least once too; who takes the mails tells repeated ones apart by theirs.
package mail
