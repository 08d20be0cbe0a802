"""The price of a kWh of business users: purchase, line loss, transmission, system operation, funds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lamplighter.business.tariffs.records import Component, ComponentKind

_STEP: Final = Decimal("0.000001")


def line_loss_fee(*, purchase_yuan_per_kwh: Decimal, loss_rate: Decimal) -> Decimal:
    """Return the fee for line losses of the purchase stage, yuan/kWh, to six decimals.

    Args:
        purchase_yuan_per_kwh: price of purchase.
        loss_rate: share of the purchased energy that is lost on the way.

    Source:
        Purchase by the grid company (NDRC 2023 No. 526): price × rate / (1 − rate).

    Example:
        T3.9:

        >>> line_loss_fee(purchase_yuan_per_kwh=Decimal("0.45"), loss_rate=Decimal("0.035"))
        Decimal('0.016321')
    """
    if not 0 <= loss_rate < 1:
        raise ValueError(f"a loss rate of {loss_rate}")
    return (purchase_yuan_per_kwh * loss_rate / (1 - loss_rate)).quantize(_STEP, ROUND_HALF_UP)


def stack_price(components: Iterable[Component], *, ratio: Decimal) -> Decimal:
    """Return the price of a kWh in a period, yuan: what floats times the ratio, the rest as it is (TOU-4).

    Example:
        >>> bought = Component("p", ComponentKind.PURCHASE, Decimal("0.60"), True, "", "")
        >>> fund = Component("f", ComponentKind.FUND, Decimal("0.05"), False, "", "")
        >>> stack_price([bought, fund], ratio=Decimal("1.6"))
        Decimal('1.010')
    """
    return sum((each.yuan_per_kwh * (ratio if each.floats else 1) for each in components), Decimal(0))


def leaver_price(components: Iterable[Component], *, factor: Decimal) -> tuple[Component, ...]:
    """Return the stack of a user who left the market: the purchase price times a factor (AP-5), the rest as it is."""
    return tuple(
        Component(each.code, each.kind, each.yuan_per_kwh * factor, each.floats, each.zh, each.en)
        if each.kind is ComponentKind.PURCHASE
        else each
        for each in components
    )
