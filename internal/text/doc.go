// Package text is what every room needs to know about written English and
// Chinese: folding of forms that mean the same letter, traditional to
// simplified characters, the language of a text, its words and its sentences.
//
// All functions are pure and safe for concurrent use.
package text
