"""Inspection (用电检查): what follows a suspicion, from the planned visit to what the law asks."""
