"""Care: what one person needs and wants, what was given, and a way back that is safe.

Words: need, goal (in the person's own words), step, service log, review (with the person's own
rating), return, asylum question, permit, no-removal letter. The joint plan of several
organisations stands in cases; this is the care of one person.
Verbs: assess, add a step, end it, log a service, drop, review, print; write a return, depart,
arrive, give up; keep a permit, print a no-removal letter.
Basis: rows E5, E14, E18 (Umed 2019, OSCE 2015, practice); no article of a law is invented here.
"""
