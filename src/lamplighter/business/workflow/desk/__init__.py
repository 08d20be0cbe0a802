"""Chains on the desk: instances kept in rows, people as a chain knows them, and what of a chain is shown."""
