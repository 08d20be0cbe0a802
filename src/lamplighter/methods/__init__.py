"""Methods without business words: what a textbook could print, on arrays."""
