package bot

// DefaultPolicy is the policy that the product ships. Its thresholds were set
// on our own dialogues in training/data/escalation and on the reliability of
// the shipped confidence; `frontdesk evaluate` shows what they give.
func DefaultPolicy() Policy {
	at := func(signal string, v float64) Condition { return Condition{signal, ">=", v} }
	under := func(signal string, v float64) Condition { return Condition{signal, "<", v} }
	const (
		answer  = .55
		clarify = .25
	)
	return Policy{
		Asked:   .5,
		Answer:  answer,
		NearTie: .35,
		Unhappy: Band{Enter: -.35, Leave: -.15},
		Rules: []Rule{
			{
				Name: "offer_accepted", Decide: DecideHandoff, Priority: 1,
				When: []Condition{at(SignalOfferOpen, 1), at(SignalAccepts, 1)},
				Why:  "The visitor takes the offer of a person",
			},
			{
				Name: "sensitive", Decide: DecideHandoff, Reason: ReasonPolicy, Phrase: "handoff_sensitive", Priority: 2,
				When: []Condition{at(SignalSensitive, .6)},
				Why:  "This topic belongs to a person",
			},
			{
				Name: "offer_declined", Decide: DecideSmalltalk, Phrase: "declined",
				When: []Condition{at(SignalOfferOpen, 1), at(SignalDeclines, 1)},
				Why:  "The visitor goes on with the bot",
			},
			{
				Name: "thumbs_up", Decide: DecideSmalltalk, Phrase: "thanks",
				When: []Condition{under(SignalWords, 1), at(SignalSentiment, .3)},
				Why:  "A friendly sign without words",
			},
			{
				Name: "no_words_again", Decide: DecideOffer, Reason: ReasonUnanswered, Phrase: "offer_unread",
				When: []Condition{under(SignalWords, 1), at(SignalUnanswered, 1)},
				Why:  "Again nothing that the bot can read",
			},
			{
				Name: "no_words", Decide: DecideRefuse, Phrase: "unread",
				When: []Condition{under(SignalWords, 1)},
				Why:  "The message has no words that the bot can read",
			},
			{
				Name: "picked", Decide: DecideAnswer,
				When: []Condition{at(SignalPicked, 1)},
				Why:  "The visitor tapped a suggestion",
			},
			{
				Name: "none_of_these", Decide: DecideOffer, Reason: ReasonUnanswered,
				When: []Condition{at(SignalAfterClarify, 1), at(SignalDeclines, 1)},
				Why:  "None of the suggestions was it",
			},
			{
				Name: "rejected", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalRejects, .6)},
				Why:  "The visitor says that the last answer did not help",
			},
			{
				Name: "unhappy", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{at(SignalUnhappy, 1), at(SignalSinceOffer, 3)},
				Why:  "The visitor has become unhappy",
			},
			{
				Name: "repeated_question", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_repeated",
				When: []Condition{at(SignalRepeatedQuestion, 1)},
				Why:  "The visitor asks the same again",
			},
			{
				Name: "account_action", Decide: DecideOffer, Reason: ReasonAccountAction, Phrase: "offer_account",
				When: []Condition{at(SignalAccountAction, .6)},
				Why:  "Something has to be done on the visitor's own order or account, which the bot cannot do",
			},
			{
				Name: "smalltalk", Decide: DecideSmalltalk,
				When: []Condition{at(SignalSmalltalk, .6), under(SignalConfidence, .8)},
				Why:  "Small talk",
			},
			{
				Name: "another_topic", Decide: DecideRefuse, Phrase: "refuse_far",
				When: []Condition{at(SignalFarTopic, .6), under(SignalConfidence, .7)},
				Why:  "This is another topic altogether",
			},
			{
				Name: "answer_given_before", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_repeated",
				When: []Condition{at(SignalConfidence, answer), at(SignalRepeatedAnswer, 1)},
				Why:  "The best answer was given before",
			},
			{
				Name: "answer", Decide: DecideAnswer,
				When: []Condition{at(SignalConfidence, answer)},
				Why:  "The best passage is likely right",
			},
			{
				Name: "ask_back", Decide: DecideClarify,
				When: []Condition{at(SignalConfidence, clarify), at(SignalSuggestions, 2), under(SignalUnanswered, 1)},
				Why:  "Several passages may be meant and none is likely enough",
			},
			{
				Name: "unanswered_again", Decide: DecideOffer, Reason: ReasonUnanswered,
				When: []Condition{at(SignalUnanswered, 1)},
				Why:  "The bot could not answer before and cannot now",
			},
			{
				Name: "nothing_found", Decide: DecideRefuse,
				Why: "No passage supports an answer",
			},
		},
	}
}
