"""Cases: what is known of one person's situation, from the first contact to the closing.

Words: case, fact (a coded answer with author and date), note (sealed text), event, urgency,
sensitivity, age branch, assessment.
Verbs: open a contact, change, record facts, assess, flag, add a note, close, reopen.
Basis: UN Trafficking in Persons Protocol, art. 3 (act, means, purpose; children without means);
help whatever the status (OSCE 2015, Umed 2019: rows A3, A5, A6, A8–A11, A13, A17, A20).
"""
