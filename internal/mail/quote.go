package mail

import (
	"regexp"
	"strings"
)

// heads begin what a mail program repeats of the mail that is answered: Gmail,
// Apple Mail and Thunderbird write a sentence, Outlook a line or a block of fields,
// each in the language of its user.
var heads = regexp.MustCompile(`(?i)^\s*(` +
	`(On|At)\b.{5,300}\bwrote:|` +
	`.{0,200}(写道|寫道)\s*[:：]|` +
	`-{2,}\s*(Original Message|Reply message|原始邮件|原始郵件|回复的原邮件)\s*-{2,}.*|` +
	`_{20,}|` +
	`(From|发件人|寄件者)\s*[:：]\s*.*[@<].*` +
	`)\s*$`)

// forwarded begins what the sender passes on of somebody else's.
var forwarded = regexp.MustCompile(`(?i)^\s*-{2,}\s*(Forwarded message|转发邮件信息|转发的邮件)\s*-{2,}`)

// reference stands below the words of our mails.
var reference = regexp.MustCompile(`(?i)` + refMark + `[a-z2-7]{42}`)

// opening begins a sentence of heads that goes on in the next lines.
var opening = regexp.MustCompile(`(?i)^\s*((On|At)\b.{5,}|在\s*\d{4}.{5,})$`)

// written is what the sender wrote themselves: without our mail, which their
// program repeats, and without the mark of a signature. What they pass on of others is
// what they want to say and stays as it is. A mail of which nothing would be left is
// taken whole.
func written(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	end := len(lines)
	ours := reference.MatchString(text)
	for i, line := range lines {
		if strings.Contains(line, aboveEN) || strings.Contains(line, aboveZH) {
			end, ours = i, true
			break
		}
	}
	var passed []string
	for i := range end {
		if forwarded.MatchString(lines[i]) {
			if !ours {
				passed = lines[i:end]
			}
			end = i
			break
		}
		// A sentence may be broken over three lines.
		joined := lines[i]
		found := heads.MatchString(joined)
		for j := i + 1; !found && j < min(i+3, len(lines)) && opening.MatchString(lines[i]); j++ {
			joined += " " + lines[j]
			found = heads.MatchString(joined)
		}
		if found {
			end = i
			break
		}
	}
	var own []string
	for _, line := range lines[:end] {
		if strings.TrimRight(line, " ") == "--" { // a signature
			break
		}
		if !strings.HasPrefix(strings.TrimLeft(line, " "), ">") {
			own = append(own, strings.TrimRight(line, " \t"))
		}
	}
	if len(passed) > 0 {
		own = append(append(own, ""), passed...)
	}
	if got := strings.TrimSpace(strings.Join(own, "\n")); got != "" {
		return got
	}
	return strings.TrimSpace(text)
}
