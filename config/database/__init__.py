"""The database engine of the alias `default`."""
