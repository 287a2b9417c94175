package bot

// Placing explains how a conversation was put in line: which rules of the
// workspace spoke, and what raised its priority besides.
type Placing struct {
	Queue    QueueID // "" is the main one
	Priority int
	Skills   []string    // wanted, as needs of package handoff
	Rules    []RuleMatch // that set something, in their order
	Raised   []Raise
	Ticket   *TicketOrder // a rule has a ticket made; nil: none does
}

// TicketOrder says that a conversation becomes a ticket, and of what kind.
type TicketOrder struct {
	Queue    QueueID `json:",omitempty"` // "": that of the conversation
	Priority *int    `json:",omitempty"` // −10 to 10; nil: that of the conversation
	Status   string  `json:",omitempty"` // "open" or "pending"; "": open
	Instead  bool    `json:",omitempty"` // of waiting in line
}

// RuleMatch is what one rule set.
type RuleMatch struct {
	Rule     string // its ID
	Name     string // as it was called then
	Because  []string
	Queue    QueueID  // set by this rule; "" when it set none
	Skills   []string // … nil when it set none
	Priority *int     // … nil when it set none
	Ticket   *TicketOrder
	Ignored  []string // what it names and is no more: "queue:returns", "skill:billing"; "instead" when the visitor asked for a person
}

// Raise is a step of priority that a conversation has of itself.
type Raise struct {
	Why string // "reason" or "sentiment"
	By  int
}

// Empty reports whether there is nothing to explain.
func (p Placing) Empty() bool { return len(p.Rules) == 0 && len(p.Raised) == 0 }
