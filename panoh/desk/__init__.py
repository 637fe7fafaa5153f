"""Desk: the pages of staff that join the rooms below: Today, search, contact, case, consent.

It has no tables and no verbs of its own: each page asks one question or calls one verb of a room.
Basis: first answers in two questions, age first, consent one sentence per receiver
(experience of issue 2; rows A2–A6, A8–A11, A13, A16, A19, A20, A23, C1, C4, H18).
"""
