// Package index finds documents in process: BM25 postings for the lexical arm,
// int8 vectors scanned in full for the vector arm, both over the same rows and
// under the same filter.
//
// A document is a group of rows (a question, its paraphrases, sections of a
// page). What words are, how vectors are centred and how the arms are joined is
// the caller's business: this package holds numbers only and depends on nothing.
//
// Concurrency: any number of searches run beside each other. Put and Delete
// take the index for themselves for the moment of the change, so a search sees
// a document either before or after it, both arms alike. Nothing is durable:
// the index is built from the store at start and follows its commits.
//
// Ranking is a function of what is indexed, not of the order in which it came:
// counts are exact after every change, and ties break by document.
package index
