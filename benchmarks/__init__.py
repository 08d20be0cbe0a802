"""Measurements of the product: a command each, results in ``benchmarks/results/``. No test depends on a timing."""
