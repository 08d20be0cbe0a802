"""Customers who speak: sound is cut into utterances, heard, answered by the same assistant, and spoken to."""
