"""Kernels over dense arrays of (rows, days, slots), NaN = missing. No business words."""
