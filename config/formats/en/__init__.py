"""English for readers who count a day of 24 hours and write the day first."""
