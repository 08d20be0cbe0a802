"""Nights as a company has them: due at an hour, begun by the worker or a command, closed on the desk, or missed."""
