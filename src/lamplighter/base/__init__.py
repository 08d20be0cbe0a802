"""The ground floor: what every room stands on, and no business words (settings, messages, lake, engine, documents)."""
