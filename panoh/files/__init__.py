"""Files: encrypted documents of a case: scans, letters, certificates.

Words: document, type (told by the content), neutral name.
Verbs: add, read.
Basis: IOM data-protection principles 6 and 8; no portraits and no face comparison, pictures of
injuries by health staff only.
"""
