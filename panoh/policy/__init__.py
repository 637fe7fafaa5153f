"""Policy: what the country says, as data, and what was in force on a day.

Words: a *pack* is one country; a *period* is a clock with its source; a *code* is stable text
with labels; a *script* is what is read aloud. Nothing is written here; a pack is changed by
changing its files, and a faulty one is refused with file, line and reason.

Legal basis: none of its own. Each period and act carries its source and whether a lawyer has
verified it.
"""
