"""Template tags and filters: messages, codes in words, figures with their units, icons. Built into every template."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from lamplighter.base.documents.assets import VENDOR
from lamplighter.base.messages import Language, catalogue, language, text
from lamplighter.business.inspection.records.amounts import Phrase
from lamplighter.business.line_loss.explanations import Check
from lamplighter.doors.web import cells, figures
from lamplighter.doors.web.cells import answered, class_tag, colour_tag, said_or, state_badge
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


register.simple_tag(colour_tag, name="colour")
register.simple_tag(class_tag, name="loss_class")
register.simple_tag(state_badge, name="message_state")
register.simple_tag(answered)
register.simple_tag(said_or, name="say_or")

_WITH_FIELDS: Final = register.tags["say"]
_PLAIN: Final = re.compile(r"""say\s+(["'])(?P<id>[\w.]+)\1""")


class Said(template.Node):
    """``{% say "some.id" %}``: most of them have no field, and a list says hundreds."""

    def __init__(self, message_id: str) -> None:
        self.message_id = message_id

    def render(self, context: template.Context) -> SafeString:
        """Return the message, escaped where the page is."""
        if context.autoescape:
            return _escaped(self.message_id, language())
        return mark_safe(text(self.message_id))


@cache
def _escaped(message_id: str, spoken: Language) -> SafeString:
    return conditional_escape(text(message_id, in_language=spoken))


@register.tag("say")
def say_plainly(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """Return the short node for a message that is named as it stands and has no field, else the usual one."""
    found = _PLAIN.fullmatch(token.contents)
    return Said(found["id"]) if found else _WITH_FIELDS(parser, token)


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """Return the options of a choice: a province has hundreds of stations, too many for a loop of the template.

    Example:
        >>> options([("S1", "一所 & 二所")], "S1")
        '<option value="S1" selected>一所 &amp; 二所</option>'
    """
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, mark_safe(" selected") if value == chosen else "", words) for value, words in choices),
    )


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
    return figures.instant(value, _clock(context))


@register.simple_tag(takes_context=True)
def due(context: template.Context, at: dt.datetime, is_provisional: bool = False) -> SafeString:
    """Return a deadline; it is late by the page's ``now``."""
    said = figures.instant(at, _clock(context))
    return cells.due(at, said=said, now=context["now"], is_provisional=is_provisional)


def _clock(context: template.Context) -> ZoneInfo:
    load = context.get("load")
    return ZoneInfo(load.timezone if load else "UTC")


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
    """Return a phrase that was kept as message id, fields and the message within, in the reader's language.

    Example:
        >>> phrase({"id": "house.version", "fields": {"version": "1"}})
        'Lamplighter 1'
        >>> from lamplighter.base.messages import speaking
        >>> kept = {"id": "inspection.warning.switch", "fields": {"name": "late_cap", "value": "none"}}
        >>> with speaking("en"):
        ...     phrase(kept), phrase(kept | {"id": "inspection.warning.default_taken", "within": "house.yes"})
        ('company default: switch late_cap = none', 'company default: yes (late_cap = none)')
    """
    return Phrase(kept["id"], kept["fields"], kept.get("within", "")).say()
