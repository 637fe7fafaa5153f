"""Pages of a fund: its books, its requests; and, for who helps a person, asking it for money."""
