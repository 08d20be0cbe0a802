"""How the lines of a bill are said."""

from __future__ import annotations

from lamplighter.base.messages import text
from lamplighter.business.billing.records import BillLine, Item
from lamplighter.business.tariffs.records import Tariff
from lamplighter.business.tariffs.wording import say_period


def say_line(line: BillLine, tariff: Tariff | None = None) -> str:
    """Return what a line is for: item, component, tier and period.

    Args:
        line: the line.
        tariff: of the line, for the names of its components; their codes stand in where it is not given.
    """
    named = {component.code: component.say() for component in tariff.components} if tariff else {}
    words = [text(f"billing.item.{line.item}")]
    if line.detail and line.item is not Item.POWER_FACTOR:
        words = [named.get(line.detail, line.detail)]
    elif line.detail:
        words.append(line.detail)
    if line.tier is not None:
        words.append(text("billing.words.tier", tier=line.tier))
    if line.period is not None:
        words.append(say_period(line.period))
    return " · ".join(words)
