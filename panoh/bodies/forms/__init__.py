"""What is typed about bodies, their sittings and papers."""
