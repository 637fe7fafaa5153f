"""Justice, its beginning: nobody is punished for what she or he was forced to do.

Words: charge, non-punishment, notice to the prosecutor, outcome.
Verbs: enter a charge, send the notice, end it with its outcome; keep apart and take back what may
bring one.
Basis: rows B9 and A10 (OSCE 2015); which article says so is to be added by a lawyer.
"""
