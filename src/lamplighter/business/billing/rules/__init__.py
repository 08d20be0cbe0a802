"""Bills as arithmetic: lines from quantities, the difference of two bills, bills in bulk."""
