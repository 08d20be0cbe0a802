"""Quality inspection: every conversation scored by a rubric kept as data, every deduction with its words."""
