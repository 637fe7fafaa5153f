"""Duties: what is owed, by which team, by when and under which period of the pack.

Words: duty, kind, owner, due, late, alert, level, outcome.
Verbs: open, open once, acknowledge, finish, settle, settle all on a dossier, rank, escalate.
Basis: urgency × sensitivity (Umed 2019, row A17); periods stand in the pack with their source.
"""
