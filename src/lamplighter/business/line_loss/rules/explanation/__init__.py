"""The loss of an area explained: its residual fitted by everything that may cause it, all at once.

``cells`` sums the window, ``hypotheses`` lists what may act, ``mixture`` weighs the sets of it, ``shares`` adds them up
by cause, ``checks`` says what to look at next, ``explaining`` is all of it in order.
"""

from lamplighter.business.line_loss.rules.explanation.explaining import explain_areas

__all__ = ["explain_areas"]
