"""What was done, and what was looked at.

Words: an *entry* is one thing done or seen; a *head* is the signed root of a Merkle tree
(RFC 6962) over all entries up to a moment. Verbs: `record` an entry, `seal` what is finished.
An entry names people by number and fields by name; it never holds a value.

Basis: a person may be told who saw their file; an insider must not be able to look unseen.
The room also holds the signed context (`ctx_ok()` in SQL), since it is the lowest that needs it.
"""
