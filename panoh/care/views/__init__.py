"""Pages that show what this room holds."""
