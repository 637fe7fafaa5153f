"""Dates as people here write them, where Django's own form for a language is another."""
