"""Kernels over day vectors, without business words: one pass over dense arrays of (rows, days, slots), NaN = missing."""
