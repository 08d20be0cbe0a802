"""The company's own versions of processes and decision tables: proposed, released by a second person, kept for ever."""
