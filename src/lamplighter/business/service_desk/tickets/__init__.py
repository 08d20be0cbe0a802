"""Tickets: classes with their limits, the chain of each, escalation, and one inbox."""
