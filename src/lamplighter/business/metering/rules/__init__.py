"""Rules of intake: from words and columns to readings on the grid of slots, and what of them is new."""
