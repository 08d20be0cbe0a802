"""What detection's balance says of each customer, in the words in which line loss explains areas."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.material import Material
from lamplighter.business.line_loss.explanations import CustomerSigns

_PERIODS = 6
"""The balance looks for onsets at sixths of its window."""


def read_customer_signs(material: Material) -> CustomerSigns:
    """Return the signs of every candidate of a block; what the balance could not tell is NaN."""
    balance, changes = material.balance, material.changes
    window = balance.window
    count, width = len(window.meters), len(window.days)
    coefficient, error, onset, onset_z = (np.full(count, np.nan) for _ in range(4))
    start = np.zeros(count)
    for fit in balance.fits.values():
        coefficient[fit.candidates], error[fit.candidates] = fit.coefficients, fit.errors
        onset[fit.candidates], onset_z[fit.candidates] = fit.search.suffix_coefficient, fit.search.suffix_z
        start[fit.candidates] = fit.search.suffix_start
    begins = np.nan_to_num(start).astype(np.int64) * width // _PERIODS
    fell = changes.split >= 0
    return CustomerSigns(
        meters=window.meters,
        area=window.block.area_of[window.meters, -1],
        coefficient=coefficient,
        error=error,
        home_coefficient=balance.repair.home_coefficient,
        elsewhere=balance.repair.moved_to,
        onset_day=np.where(begins > 0, window.first + begins, 0),
        onset_coefficient=onset,
        onset_z=onset_z,
        fell_day=np.where(fell, window.first + changes.split, -1),
        fell_kwh=np.where(fell, changes.before_kwh - changes.after_kwh, np.nan),
        fell_t=np.where(fell, changes.t, np.nan),
    )
