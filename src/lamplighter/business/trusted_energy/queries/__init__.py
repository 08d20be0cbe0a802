"""Reads: one meter's day with all that is known of it (``explain``), and what other rules would change (``what_if``).

Each is imported by itself: whoever only reads a day need not wait for the compiled rules.
"""
