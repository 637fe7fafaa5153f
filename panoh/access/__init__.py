"""Access: units, teams, accounts, dossiers and grants — who may see what.

Words: unit, team, membership, role, territory, dossier, holder, grant, never-list.
Verbs: open a dossier, offer, release, end, hand over; set up, join, leave, appoint.
Basis: the need-to-know rule of IOM data-protection principles 6 and 8; the three walls
are permission checks in actions, ``visible_to`` on lists and row-level security below.
"""
