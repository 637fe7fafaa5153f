"""Whole walks through the product, and attacks on them."""
