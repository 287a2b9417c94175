package bot

// phraseFar declines another topic.
const phraseFar = "refuse_far"

// DefaultPolicy is the policy that the product ships. Its thresholds were set
// on our own dialogues in training/data/escalation and on the reliability of
// the shipped confidence; `frontdesk evaluate` shows what they give. Those of
// asking back and of other topics were set on training/data/confidence and
// training/data/helpcentres, so that no more of other topics and small talk is
// asked back than before.
func DefaultPolicy() Policy {
	at := func(signal string, v float64) Condition { return Condition{signal, ">=", v} }
	under := func(signal string, v float64) Condition { return Condition{signal, "<", v} }
	const (
		answer  = .38
		clarify = .06 // an ask-back costs little where the topic is ours
		hardly  = .12 // below this another topic is believed on less
		maybe   = .2
		likely  = .65 // outweighs even what surely reads as another topic
		surely  = .95 // nearly the words of an entry: only that outweighs a danger
	)
	return Policy{
		Asked:   .5,
		Answer:  answer,
		NearTie: .35,
		Unhappy: Band{Enter: -.36, Leave: -.15},
		Rules: []Rule{
			{
				Name: "offer_accepted", Decide: DecideHandoff, Priority: 1,
				When: []Condition{at(SignalOfferOpen, 1), at(SignalAccepts, 1)},
				Why:  "The visitor takes the offer of a person",
			},
			{
				Name: "sensitive", Decide: DecideHandoff, Reason: ReasonPolicy, Phrase: "handoff_sensitive", Priority: 2,
				When: []Condition{at(SignalSensitive, .9), under(SignalConfidence, surely)},
				Why:  "This topic belongs to a person",
			},
			{
				Name: "sensitive_likely", Decide: DecideHandoff, Reason: ReasonPolicy, Phrase: "handoff_sensitive", Priority: 2,
				When: []Condition{at(SignalSensitive, .7), under(SignalConfidence, answer)},
				Why:  "This topic likely belongs to a person, and no passage is likely enough",
			},
			{
				Name: "sensitive_unanswered", Decide: DecideHandoff, Reason: ReasonPolicy, Phrase: "handoff_sensitive", Priority: 2,
				When: []Condition{at(SignalSensitive, .5), under(SignalConfidence, maybe)},
				Why:  "This topic may belong to a person, and no passage answers",
			},
			{
				Name: "offer_declined", Decide: DecideSmalltalk, Phrase: "declined",
				When: []Condition{at(SignalOfferOpen, 1), at(SignalDeclines, 1)},
				Why:  "The visitor goes on with the bot",
			},
			{
				Name: "acknowledged", Decide: DecideSmalltalk, Phrase: "noted",
				When: []Condition{at(SignalOfferOpen, 1), at(SignalAcknowledges, 1)},
				Why:  "The visitor takes a refusal in, and does not say that they want a person",
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
				Name: "settled", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalSettles, 1), under(SignalAsks, 1), under(SignalConfidence, .8), at(SignalSentiment, -.7), under(SignalRejects, .9), under(SignalAccountAction, .8)},
				Why:  "The visitor lets the matter rest",
			},
			{
				Name: "rejected", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalRejects, .9), under(SignalConfidence, .6)},
				Why:  "The visitor says that the last answer did not help",
			},
			{
				Name: "rejected_same", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalRejects, .75), at(SignalRepeatedAnswer, 1)},
				Why:  "The visitor says that the last answer did not help, and there is no other",
			},
			{
				Name: "unhappy", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{at(SignalUnhappy, 1), at(SignalSinceOffer, 3), under(SignalConfidence, .9)},
				Why:  "The visitor has become unhappy",
			},
			{
				Name: "unhappy_same", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{at(SignalUnhappy, 1), at(SignalSinceOffer, 3), at(SignalRepeatedAnswer, 1)},
				Why:  "The visitor has become unhappy, and the best answer was given before",
			},
			{
				Name: "upset", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{under(SignalSentiment, -.7), at(SignalSinceOffer, 2), under(SignalConfidence, .7)},
				Why:  "The visitor is upset and no passage surely helps",
			},
			{
				Name: "rejected_again", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalUnanswered, 1), at(SignalRejects, .9)},
				Why:  "The visitor says that this does not help either",
			},
			{
				Name: "repeated_question", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_repeated",
				When: []Condition{at(SignalRepeatedQuestion, 1)},
				Why:  "The visitor asks the same again",
			},
			{
				Name: "account_action", Decide: DecideOffer, Reason: ReasonAccountAction, Phrase: "offer_account",
				When: []Condition{at(SignalAccountAction, .8), at(SignalInstructs, 1)},
				Why:  "Something has to be done on the visitor's own order or account, which the bot cannot do",
			},
			{
				Name: "account_action_unanswered", Decide: DecideOffer, Reason: ReasonAccountAction, Phrase: "offer_account",
				When: []Condition{at(SignalAccountAction, .8), under(SignalConfidence, .7)},
				Why:  "Something has to be done on the visitor's own order or account, and no passage surely says how",
			},
			{
				Name: "account_instruction", Decide: DecideOffer, Reason: ReasonAccountAction, Phrase: "offer_account",
				When: []Condition{at(SignalAccountAction, .35), at(SignalInstructs, 1)},
				Why:  "The visitor tells us to do something on their own order or account, which the bot cannot do",
			},
			{
				Name: "smalltalk", Decide: DecideSmalltalk,
				When: []Condition{at(SignalSmalltalk, .7), at(SignalSentiment, -.5), under(SignalConfidence, .8)},
				Why:  "Small talk",
			},
			{
				Name: "same_unanswered_again", Decide: DecideOffer, Reason: ReasonUnanswered,
				When: []Condition{at(SignalUnanswered, 1), at(SignalSameMatter, 1), under(SignalConfidence, answer)},
				Why:  "The visitor asks about the same again, and the bot could answer neither time",
			},
			{
				Name: "trouble", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{at(SignalAfterAnswer, 1), under(SignalAsks, 1), at(SignalContent, 2), under(SignalSentiment, -.25), under(SignalConfidence, hardly), at(SignalSinceOffer, 2)},
				Why:  "The visitor tells of trouble after an answer, and no passage helps",
			},
			{
				Name: "trouble_persists", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalPersists, 1), under(SignalSentiment, .1), under(SignalConfidence, .6)},
				Why:  "The visitor did what was said, and the trouble is still there",
			},
			{
				Name: "trouble_same", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_rejected",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalPersists, 1), under(SignalSentiment, .1), at(SignalRepeatedAnswer, 1)},
				Why:  "The visitor did what was said, the trouble is still there, and the best answer is the same",
			},
			{
				Name: "trouble_unanswered", Decide: DecideOffer, Reason: ReasonUnhappy, Phrase: "offer_unhappy",
				When: []Condition{at(SignalUnanswered, 1), under(SignalAsks, 1), at(SignalContent, 2), under(SignalSentiment, -.12), under(SignalConfidence, .25), at(SignalSinceOffer, 2)},
				Why:  "No passage helps, for the second time, and the visitor does not like it",
			},
			{
				Name: "chat", Decide: DecideSmalltalk,
				When: []Condition{at(SignalSmalltalk, .4), at(SignalFarTopic, .9), under(SignalConfidence, answer)},
				Why:  "Talk about the bot or nothing in particular",
			},
			{
				Name: "chat_remark", Decide: DecideSmalltalk,
				When: []Condition{at(SignalSmalltalk, .25), under(SignalAsks, 1), under(SignalContent, 4), at(SignalSentiment, -.2), under(SignalConfidence, clarify)},
				Why:  "Friendly words that ask nothing",
			},
			{
				Name: "likely_chat", Decide: DecideSmalltalk,
				When: []Condition{at(SignalSmalltalk, .6), under(SignalAsks, 1), at(SignalSentiment, -.2), under(SignalConfidence, maybe), under(SignalAccountAction, .3), under(SignalPersists, 1), under(SignalRejects, .75)},
				Why:  "Likely small talk, and it asks nothing",
			},
			{
				Name: "another_topic", Decide: DecideRefuse, Phrase: phraseFar,
				When: []Condition{at(SignalFarTopic, .6), under(SignalConfidence, hardly), under(SignalUnanswered, 1)},
				Why:  "This is another topic altogether",
			},
			{
				Name: "surely_another_topic", Decide: DecideRefuse, Phrase: phraseFar,
				When: []Condition{at(SignalFarTopic, .9), under(SignalConfidence, likely)},
				Why:  "This is another topic altogether",
			},
			{
				Name: "echo", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalAfterAnswer, 1), at(SignalEchoes, .5), under(SignalAsks, 1), under(SignalPersists, 1), at(SignalSentiment, -.45), under(SignalRejects, .5), under(SignalAccountAction, .3)},
				Why:  "The visitor says the answer back and asks nothing",
			},
			{
				Name: "answer_given_twice", Decide: DecideOffer, Reason: ReasonRepeated, Phrase: "offer_repeated",
				When: []Condition{at(SignalConfidence, answer), at(SignalRepeatedAnswer, 2)},
				Why:  "The best answer was given twice",
			},
			{
				Name: "answer", Decide: DecideAnswer,
				When: []Condition{at(SignalConfidence, answer)},
				Why:  "The best passage is likely right",
			},
			{
				Name: "misunderstood", Decide: DecideOffer, Reason: ReasonLowConfidence,
				When: []Condition{at(SignalRestates, .3), under(SignalConfidence, answer), at(SignalAsks, 1)},
				Why:  "The visitor says in other words what was just answered, and no passage is likely enough",
			},
			{
				Name: "comment", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalAfterAnswer, 1), under(SignalAsks, 1), at(SignalSentiment, -.2), under(SignalRejects, .3)},
				Why:  "The visitor says something about the answer and asks nothing",
			},
			{
				Name: "reaction", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalAfterAnswer, 1), under(SignalAsks, 1), under(SignalContent, 2), at(SignalSentiment, -.65), under(SignalRejects, .9), under(SignalPersists, 1)},
				Why:  "A word about the answer that asks nothing",
			},
			{
				Name: "remark", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalUnanswered, 1), under(SignalAsks, 1), at(SignalSentiment, -.2), under(SignalRejects, .2), under(SignalConfidence, hardly)},
				Why:  "The visitor remarks on what was not answered and asks nothing",
			},
			{
				Name: "content", Decide: DecideSmalltalk, Phrase: "comment",
				When: []Condition{at(SignalUnanswered, 1), under(SignalAsks, 1), at(SignalSentiment, 0), under(SignalRejects, .75), under(SignalConfidence, answer)},
				Why:  "The visitor is content and asks nothing",
			},
			{
				Name: "ask_back", Decide: DecideClarify,
				When: []Condition{at(SignalConfidence, clarify), at(SignalSuggestions, 2), under(SignalUnanswered, 1), under(SignalFarTopic, .2)},
				Why:  "Several passages may be meant and none is likely enough",
			},
			{
				Name: "ask_back_nearer", Decide: DecideClarify,
				When: []Condition{at(SignalConfidence, hardly), at(SignalSuggestions, 2), under(SignalUnanswered, 1), under(SignalFarTopic, .4)},
				Why:  "Several passages may be meant and none is likely enough",
			},
			{
				Name: "ask_back_likely", Decide: DecideClarify,
				When: []Condition{at(SignalConfidence, maybe), under(SignalUnanswered, 1)},
				Why:  "A passage may be meant and is not likely enough",
			},
			{
				Name: "ask_back_other_matter", Decide: DecideClarify,
				When: []Condition{at(SignalConfidence, maybe), at(SignalSuggestions, 2), under(SignalSameMatter, .5)},
				Why:  "Another matter than the one before, and several passages may be meant",
			},
			{
				Name: "unanswered_again", Decide: DecideOffer, Reason: ReasonUnanswered,
				When: []Condition{at(SignalUnanswered, 1), at(SignalSameMatter, .8)},
				Why:  "The bot could not answer before and cannot now",
			},
			{
				Name: "unanswered_thrice", Decide: DecideOffer, Reason: ReasonUnanswered,
				When: []Condition{at(SignalUnanswered, 2)},
				Why:  "The bot could not answer twice and cannot now",
			},
			{
				Name: "nothing_found", Decide: DecideRefuse,
				Why: "No passage supports an answer",
			},
		},
	}
}
