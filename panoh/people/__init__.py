"""People: who a person is, how she can be reached, and how a spelling finds her again.

Words: identity, chosen name, contact point, fold, skeleton, blind key, token, be_found, ring.
Verbs: name, rename, add a contact, mark findable, unmark, search, ring.
A dossier may stand without any identity: help never waits for a name.
Basis: names are written in four scripts and many spellings (law-and-process, section 10);
only tokens made under the unit's own key are stored, never a folded name.
"""
