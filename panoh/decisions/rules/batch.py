"""How many letters are made in one go."""

# Of one part, about two seconds of work: other jobs are not kept waiting longer.
PART = 200
# What the parts are sealed for (``vault.rules.box``).
PURPOSE = "letters"
