"""Prices as arithmetic: the book of tariffs, tiers, hours, basic fee, power factor, stack, transformer losses."""
