"""Makers of synthetic things for tests, demo and benchmarks."""
