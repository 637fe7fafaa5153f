"""Engines of numbers: values in, answer out. NumPy and SciPy only, usable without the platform."""
