"""The fictional country: what its makers share, and one module for each kind of thing it holds.

A room that has something to show adds a module with ``make(country)`` and its place in ``MAKERS``
of the command.
"""
