"""Rows of the desk's lists: what stands in those cells that say more than one value. A list of its own each."""
