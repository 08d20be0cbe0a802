"""Arithmetic of the figures: what counts and what is met, intervals, roll-up, and what a change is made of."""
