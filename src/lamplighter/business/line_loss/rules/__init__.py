"""The arithmetic of line loss: from trusted energy of a bucket to losses with class, reason, interval and signs.

One file a step: ``balance`` (sums), ``classes`` (computability, class), ``technical`` (network), ``regression``,
``theory`` (DL/T 686 forms), ``uncertainty``, ``causes``, ``change_points``, ``thresholds`` (versioned numbers),
``area`` (all of them in order).
"""

from lamplighter.business.line_loss.rules.area import area_losses
from lamplighter.business.line_loss.rules.thresholds import (
    Thresholds,
    ThresholdsInvalid,
    load_thresholds,
    read_thresholds,
)

__all__ = ["Thresholds", "ThresholdsInvalid", "area_losses", "load_thresholds", "read_thresholds"]
