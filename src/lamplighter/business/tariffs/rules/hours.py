"""Hours of a time-of-use scheme: which period each slot of a day belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from lamplighter.business.tariffs.records import Period, Scheme, Season

_DAY_MINUTES = 24 * 60


def period_slots(scheme: Scheme, *, month: int, slots: int) -> Mapping[Period, npt.NDArray[np.float64]]:
    """Return which share of each slot of a day belongs to each period, shape (slots,).

    A slot that a change of period cuts (11:30 in hourly slots) is shared by its minutes. The day has 24 hours.

    Args:
        scheme: the hours.
        month: 1 to 12.
        slots: slots of a day: 96, 48, 24.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> found = period_slots(load_book().scheme("zj.residential_hours", on=date(2025, 1, 1)), month=1, slots=24)
        >>> int(found[Period.PEAK].sum()), int(found[Period.VALLEY].sum())
        (14, 10)
    """
    length = _DAY_MINUTES / slots
    starts = np.arange(slots) * length
    shares: dict[Period, npt.NDArray[np.float64]] = {}
    for span in scheme.season(month).spans:
        inside = np.minimum(starts + length, span.end) - np.maximum(starts, span.start)
        share = np.clip(inside, 0.0, None) / length
        shares[span.period] = shares.get(span.period, np.zeros(slots)) + share
    return shares


def floated(*, flat_yuan_per_kwh: Decimal, season: Season) -> Mapping[Period, Decimal]:
    """Return the price of each period of a season from the flat price and the ratios.

    Source:
        NDRC price notice 2021 No. 1093 and the provinces' own ratios.

    Example:
        T3.4, July in Sichuan:

        >>> from datetime import date
        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> july = load_book().scheme("sc.business_hours", on=date(2023, 7, 1)).season(7)
        >>> {str(period): str(yuan.normalize()) for period, yuan in floated(
        ...     flat_yuan_per_kwh=Decimal("0.65"), season=july).items()}
        {'tip': '1.248', 'peak': '1.04', 'flat': '0.65', 'valley': '0.26'}
    """
    used = {span.period for span in season.spans}
    return {period: flat_yuan_per_kwh * season.ratios.get(period, Decimal(1)) for period in Period if period in used}
