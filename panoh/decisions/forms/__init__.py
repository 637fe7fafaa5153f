"""Shapes of input of the decisions room."""
