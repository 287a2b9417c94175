package bot

import (
	"slices"

	"github.com/frontdesk-chat/frontdesk/intents"
)

// Which intents of what visitors say are worth remembering for whoever gets the chat.
const (
	topicFrom = .5 // calibrated probability: more likely than not
	maxTopics = 4
)

// topicsWith is what the conversation has been about, with a new reading.
func (m Memory) topicsWith(r intents.Reading) []string {
	var out []string
	for _, i := range r.Intents {
		if i.Class == intents.ClassBusiness && i.Confidence >= topicFrom {
			out = append(out, i.Name)
		}
	}
	for _, t := range m.Topics {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out[:min(len(out), maxTopics)]
}

// pageOf is where the visitor wrote from last.
func (m Memory) pageOf(messages []Event) string {
	for _, e := range slices.Backward(messages) {
		if e.Body.Page != "" {
			return e.Body.Page
		}
	}
	return m.Page
}
