"""Public tables and rows that cannot be used to find a person.

Path B: one private measurement, then only reckoning with its noisy answers (``release``).
Path A: suppression of one-off official tables, proved by linear programmes (``suppression``).
"""
