"""Kernel: what every room stands on — lifecycles, data categories, references, problems.

No tables and no names of rooms live here.
"""
