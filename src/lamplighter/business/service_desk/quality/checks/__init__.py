"""The checks of the rubric, one module a subject: each takes a conversation and returns what it found."""
