"""Rules of people: the fold of a name, the blind keys made of it, dates known in part."""
