"""Shelters: houses, rooms and beds; hold, admit, move, leave; the life of a house.

Words: a *house* is one building of a team, with rooms and beds; a *hold* keeps beds for one person
or for a family until a moment, all or none; a *stay* is one person in one bed from the hold on.
Verbs: hold, release, lapse, admit, refuse, move, leave; open, change, begin_closing, close a house.
No bed is given twice: an exclusion constraint over holds and stays says so. Where a house stands
is secret: its address opens for its own team alone, and every reading is recorded.
Legal basis: service standards of the pack; rows E1–E4 and D6 of docs/requirements.md.
"""
