"""Pages of accounts: those of others, and one's own."""
