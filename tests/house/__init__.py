"""Tests of the house: what every room promises. Each checker is also shown something bad."""
