"""The words of codes in both languages: classes, causes, reasons and checks as the rooms that own them say them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lamplighter.base.messages import LANGUAGES, Language, catalogue, text
from lamplighter.business.detection.wording import say_depths
from lamplighter.business.line_loss.explanations import Cause, Check
from lamplighter.business.line_loss.records import LossClass
from lamplighter.journeys.brief.records import Brief, Evidence, SuspicionList

Bilingual = dict[Language, str]

ROOMS: Final[dict[str, tuple[str, ...]]] = {
    "class": ("line_loss.class.{code}",),
    "cause": ("line_loss.cause.{code}",),
    "hint": ("line_loss.hint.{code}",),
    "action": ("line_loss.action.{code}",),
    "source": ("line_loss.source.{code}",),
    "why": ("line_loss.reason.{code}",),
    "advice": ("line_loss.next.{code}", "report.page.advice.other"),
    "check": ("detection.check.{code}",),
    "depth": ("detection.depth.{code}",),
    "rule": ("trusted_energy.rule.{code}",),
    "customer": ("report.page.customer.{code}",),
}
"""Kind of code -> the message ids to look for; the first that exists wins. A code without words shows as itself."""


def say_code(kind: str, code: str) -> Bilingual:
    """Return the words of a code in every language.

    Example:
        >>> say_code("customer", "commercial")["zh"]
        '商业'
        >>> say_code("rule", "X-99")["zh"]
        'X-99'
    """
    ids = [pattern.format(code=code) for pattern in ROOMS[kind]]
    return {spoken: next((catalogue(spoken)[i] for i in ids if i in catalogue(spoken)), code) for spoken in LANGUAGES}


def say_evidence(piece: Evidence) -> Bilingual:
    """Return what a reason means in every language; its figures stand beside it, not in the sentence."""
    message = f"detection.reason.{piece.code}"
    return {
        spoken: text(message, in_language=spoken) if message in catalogue(spoken) else piece.code
        for spoken in LANGUAGES
    }


def say_list_depths(suspicions: SuspicionList) -> Bilingual:
    """Return what the list rests on in every language; nothing where there is no list."""
    if not suspicions.depths:
        return {}
    return {spoken: say_depths(suspicions.depths, in_language=spoken) for spoken in LANGUAGES}


def say_site_check(check: Check) -> Bilingual:
    """Return what to do on site in every language.

    Example:
        >>> from lamplighter.business.line_loss.explanations import CheckCode
        >>> say_site_check(Check(CheckCode.FIND_AREA, "M7", -1, 15.0, 90.0, 0.8))["en"]
        'Find out on which transformer meter M7 hangs'
    """
    hour = ("line_loss.cli.any_hour", {}) if check.hour < 0 else ("line_loss.cli.at_hour", {"hour": check.hour})
    return {
        spoken: text(
            f"line_loss.check.{check.code}",
            in_language=spoken,
            place=check.place,
            hour=text(hour[0], in_language=spoken, **hour[1]),
        )
        for spoken in LANGUAGES
    }


def vocabulary(brief: Brief) -> dict[str, dict[str, Bilingual]]:
    """Return the words of every code the brief uses, by kind."""
    used: dict[str, Iterable[str]] = {
        "cause": list(Cause),
        "class": [*LossClass, *(feeder.loss_class for feeder in brief.feeders)],
        "hint": [code for area in brief.areas for code in area.hints],
        "action": [code for area in brief.areas for code in area.hints],
        "source": [area.technical_source for area in brief.areas],
        "why": [code for area in brief.areas for code in area.why_not],
        "advice": [code for area in brief.areas for code in area.why_not],
        "check": [code for row in brief.suspicions.rows for code in row.checks],
        "rule": [flag.rule_id for flag in brief.trust.flags],
        "customer": [row.customer_class for row in brief.suspicions.rows if row.customer_class],
    }
    return {kind: {code: say_code(kind, code) for code in sorted(set(codes))} for kind, codes in used.items()}
