"""Consent: who may be told what, for which purpose, until when — and who knows already.

Words: consent, receiver, purpose, script, present, told limits, live, taking effect, later.
Verbs: record, withdraw, need an interpreter, confirm copies destroyed.
Basis: consent per purpose × recipient × data class with text version and language (IOM data
protection principle 4; GBVIMS); the person may take it back, and help does not end because of it.
"""
