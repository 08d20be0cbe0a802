"""Learning from examples: boosted trees that keep directions, folds by group, calibration, honest measures."""
