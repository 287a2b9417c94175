// Package knowledge turns documents into passages that answer questions:
// document → sections → chunks → lexical and vector index → candidates with
// evidence and a confidence. It knows no conversations.
package knowledge
