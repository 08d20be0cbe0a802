"""Plain residential bills in bulk: whole arrays in scaled integers, equal to the Decimal path to the last digit.

Energy is counted in hundredths of a kWh, rates in millionths of a yuan, amounts in cents: all are exact in 64 bits,
and no float takes part after the dials are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from lamplighter.business.tariffs.records import Period, Tariff

Integers = npt.NDArray[np.int64]

KWH_SCALE: Final = 100
RATE_SCALE: Final = 1_000_000
_CENTS_PER_PRODUCT: Final = KWH_SCALE * RATE_SCALE // 100
"""A product of energy and rate is this many times a cent."""
_OFF_STEP: Final = 1e-6
_ENDLESS: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class BulkBills:
    """Bills of many accounts, tier by tier.

    Attributes:
        kwh: hundredths of a kWh in each tier, shape (accounts, tiers).
        cents: amount of each tier, rounded half up, shape (accounts, tiers).
    """

    kwh: Integers
    cents: Integers

    @property
    def total_cents(self) -> Integers:
        """Sum of the lines, shape (accounts,)."""
        return np.asarray(self.cents.sum(axis=1), np.int64)


def is_plain(tariff: Tariff) -> bool:
    """Say whether a tariff is one price of energy with or without tiers, and nothing else."""
    return bool(tariff.prices) and not tariff.scheme and tariff.basic_fee is None and tariff.power_factor is None


def tier_rates(tariff: Tariff) -> Integers | None:
    """Return the price of each tier, millionths of a yuan; None where one is finer than that.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> tier_rates(load_book().tariff("zj.residential", on=date(2025, 1, 1))).tolist()
        [538000, 588000, 838000]
    """
    base = tariff.prices[Period.FLAT]
    adders = [tier.adder.get(Period.FLAT, Decimal(0)) for tier in tariff.tiers] or [Decimal(0)]
    return scaled([base + adder for adder in adders], scale=RATE_SCALE)


def scaled(numbers: Sequence[Decimal | None], *, scale: int) -> Integers | None:
    """Return decimals as integers of a scale, the greatest for a number that is None; None where one does not fit."""
    products = [None if number is None else number * scale for number in numbers]
    if any(product is not None and product != product.to_integral_value() for product in products):
        return None
    return np.array([_ENDLESS if product is None else int(product) for product in products], np.int64)


def dial_hundredths(readings: npt.NDArray[np.float64]) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Return dial readings in hundredths, and which of them stand on a hundredth: the others are not for this path.

    Example:
        >>> values, is_exact = dial_hundredths(np.array([15707.8, 0.125, np.nan]))
        >>> int(values[0]), is_exact.tolist()
        (1570780, [True, False, False])
    """
    product = readings * KWH_SCALE
    nearest = np.rint(product)
    is_exact = np.isfinite(readings) & (np.abs(product - nearest) < _OFF_STEP)
    return np.where(is_exact, nearest, 0).astype(np.int64), is_exact


def price_in_bulk(*, kwh: Integers, before: Integers, limits: Integers, rates: Integers) -> BulkBills:
    """Return bills of many accounts under one tariff.

    Args:
        kwh: energy of the bill, hundredths of a kWh, not negative, shape (accounts,).
        before: energy of the tier's span before it, the same.
        limits: last energy of each tier, hundredths, the greatest integer where it has no end, shape
            (accounts, tiers) or (tiers,).
        rates: price of each tier, millionths of a yuan, shape (tiers,).

    Example:
        T3.1 and T3.2:

        >>> limits, rates = np.array([276000, 480000, _ENDLESS]), np.array([538000, 588000, 838000])
        >>> kwh, before = np.array([500000, 40000]), np.array([0, 260000])
        >>> found = price_in_bulk(kwh=kwh, before=before, limits=limits, rates=rates)
        >>> found.cents.tolist(), found.total_cents.tolist()
        ([[148488, 119952, 16760], [8608, 14112, 0]], [285200, 22720])
    """
    tops = np.broadcast_to(limits, (len(kwh), len(rates)))
    after = (before + kwh)[:, None]
    floors = np.concatenate([np.zeros((len(kwh), 1), np.int64), tops[:, :-1]], axis=1)
    inside = np.clip(np.minimum(after, tops) - np.maximum(floors, before[:, None]), 0, None)
    cents = (inside * rates + _CENTS_PER_PRODUCT // 2) // _CENTS_PER_PRODUCT
    return BulkBills(inside, cents)
