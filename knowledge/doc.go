// Package knowledge turns documents into passages that answer questions:
// document → sections → chunks → lexical and vector index → candidates with
// evidence and a confidence. It knows no conversations.
//
// It owns the tables documents, document_versions, chunks, vectors, imports and
// import_files, and the folder of uploaded files. A document is one row with all
// its versions for ever; its chunks and their vectors are of the current version
// and are committed with it, so a crash leaves either the old document or the new
// one, never a part. The index in process is told after the commit and is filled
// anew at every start. An import that a crash interrupts goes on: what it had
// stored is found unchanged.
//
//	draft     ⇄ published   an editor's choice; imports publish unless told otherwise
//	both      → deleted     by an editor, or a row gone from its table
//	deleted   → draft       restored
package knowledge
