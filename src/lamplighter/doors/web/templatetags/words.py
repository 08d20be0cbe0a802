"""Template tags and filters: messages, codes in words, figures with their units, icons. Built into every template."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.safestring import SafeString, mark_safe

from lamplighter.base.documents.assets import VENDOR
from lamplighter.base.messages import catalogue, language, text
from lamplighter.business.line_loss.explanations import Check
from lamplighter.doors.web.figures import UNKNOWN, energy, number, percent
from lamplighter.journeys.brief.wording import say_code, say_site_check

register = template.Library()
for figure in (energy, number, percent):
    register.filter(figure)

WITHOUT_UNIT = ("", "ratio", "t", "kWh/kWh", "kWh/kVAh")
"""Units of evidence that are none: ratios and test statistics."""


@register.simple_tag
def say(message_id: str, **fields: Any) -> str:
    """Return a message in the reader's language, ``{% say "desk.areas.title" %}``."""
    return text(message_id, **fields)


@register.simple_tag
def say_or(message_id: str, otherwise: str) -> str:
    """Return a message whose id ends in a code, or the code itself where no words are known for it."""
    return catalogue(language()).get(message_id, otherwise)


@register.simple_tag
def code(kind: str, word: str) -> str:
    """Return a code of the analysis in words, see ``journeys.brief.wording``."""
    return say_code(kind, word)[language()]


@register.filter
def site_check(check: Check) -> str:
    """Return what to do on site."""
    return say_site_check(check)[language()]


@register.filter
def signed(value: float | None) -> str:
    """Return a figure with its sign, two digits.

    Example:
        >>> signed(0.5), signed(-1.234)
        ('+0.50', '-1.23')
    """
    return UNKNOWN if value is None else f"{value:+.2f}"


@register.filter
def yuan(value: float | None) -> str:
    """Return an amount of money.

    Example:
        >>> yuan(7046.2)
        '7,046 yuan'
    """
    return UNKNOWN if value is None else text("desk.unit.yuan", value=f"{value:,.0f}")


@register.filter
def quantity(value: float | None, unit: str) -> str:
    """Return a figure of evidence with its unit: shares as per cent, what has no unit as a plain number.

    Example:
        >>> quantity(0.31, "share"), quantity(1234.5, "kWh/d"), quantity(8.347, "ratio")
        ('31.0%', '1,234 kWh a day', '8.35')
    """
    if value is None:
        return UNKNOWN
    if unit == "share":
        return percent(value)
    said = "" if unit in WITHOUT_UNIT else catalogue(language()).get(f"desk.quantity.{unit.replace('/', '_')}", unit)
    figure = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return f"{figure} {said}".rstrip()


@register.filter
def day(value: dt.date | str | None) -> str:
    """Return a day as ISO 8601."""
    return UNKNOWN if not value else str(value)


@register.simple_tag(takes_context=True)
def instant(context: template.Context, value: dt.datetime | None) -> str:
    """Return an instant on the company's own clock."""
    if value is None:
        return UNKNOWN
    load = context.get("load")
    zone = ZoneInfo(load.timezone if load else "UTC")
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a vendored icon as inline SVG."""
    return _svg(name)


@cache
def _svg(name: str) -> SafeString:
    drawn = (VENDOR / "tabler-icons" / f"{name}.svg").read_text(encoding="utf-8")
    # A file of this package: nothing in it comes from outside.
    return mark_safe(drawn.replace("<svg", '<svg aria-hidden="true" class="icon"', 1))


@register.filter
def item(mapping: Any, key: str) -> Any:
    """Return what a mapping holds under a key; nothing where it does not."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def spoken(labelled: Any) -> str:
    """Return the words of something that has a label of its own, such as a field of a process; nothing without one."""
    return str(labelled.label.spoken()) if labelled else ""


@register.filter
def phrase(kept: dict[str, Any]) -> str:
    """Return a phrase that was kept as message id and fields, in the reader's language.

    Example:
        >>> phrase({"id": "house.version", "fields": {"version": "1"}})
        'Lamplighter 1'
    """
    return text(kept["id"], **kept["fields"])
