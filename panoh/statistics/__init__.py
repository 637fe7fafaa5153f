"""What is counted and what can be said: the hidden number, and data that can be given away."""
