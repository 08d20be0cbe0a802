"""Guards of stopping supply: which hold, which fail, and why. A stop is the last step, and one that hurts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from lamplighter.base.calendars import is_provisional, is_working_day
from lamplighter.business.inspection.records.amounts import Phrase, phrase
from lamplighter.business.inspection.records.law import Rule
from lamplighter.business.inspection.records.stopping import (
    GuardResult,
    GuardState,
    StopDecision,
    StopGround,
    StopPlan,
)
from lamplighter.business.inspection.rules.deadlines import CHINA, InstantNeeded
from lamplighter.business.inspection.rules.law import Law

Answer = tuple[GuardState, Phrase]
_HOLDS, _FAILS, _UNKNOWN = GuardState.HOLDS, GuardState.FAILS, GuardState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Guard:
    """A row of ``guards.toml``: the rule it rests on and the grounds it is asked for."""

    name: str
    rule_id: str
    grounds: tuple[StopGround, ...]
    on_the_spot: bool
    valid_from: date


@cache
def read_guards() -> tuple[Guard, ...]:
    """Return the guards on record, in the order of the procedure."""
    content = resources.files(__package__).joinpath("law", "guards.toml").read_text(encoding="utf-8")
    return tuple(
        Guard(**{**row, "grounds": tuple(StopGround(ground) for ground in row["grounds"])})
        for row in tomllib.loads(content)["guard"]
    )


def check_stop(plan: StopPlan, *, law: Law) -> StopDecision:
    """Return every guard that a stop has to pass.

    Args:
        plan: what is known; what is not known does not hold.
        law: that of the day of the stop.

    Raises:
        InstantNeeded: an instant without its zone.
        HolidaysUnknown: the day's year is not on record.

    Source:
        Power Supply Business Rules, 1996 order Art. 66 and 67, and their successors of the 2024 order; Regulation on
        the Supply and Use of Electric Power, Art. 28 and 39; hours, days of rest, weather and the protected list are
        company practice.

    Example:
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> noon = datetime(2025, 3, 3, 12, tzinfo=CHINA)
        >>> found = check_stop(StopPlan(ground=StopGround.ARREARS, stop_at=noon), law=load_law(on=noon.date()))
        >>> found.may_stop, found.missing[0].name
        (False, 'approved')
    """
    for name in ("stop_at", "approved_at", "notice_served_at", "authority_told_at", "final_call_at"):
        instant = getattr(plan, name)
        if instant is not None and instant.tzinfo is None:
            raise InstantNeeded(name)
    spot_rule = law.rule("stop.theft_on_the_spot") if plan.ground is StopGround.THEFT else None
    on_the_spot = spot_rule is not None and spot_rule.is_on and plan.is_theft_confirmed
    results = []
    for guard in read_guards():
        if plan.ground in guard.grounds and (guard.on_the_spot or not on_the_spot) and guard.valid_from <= law.on:
            rule = law.rule(guard.rule_id)
            if isinstance(rule.value, bool) and not rule.is_on:
                continue  # the company does not ask for it
            state, why = _ANSWERS[guard.name](plan, rule, law)
            results.append(GuardResult(guard.name, state, why, rule))
    return StopDecision(plan.ground, on_the_spot, tuple(results), spot_rule)


def _said(holds: bool, said: str, /, **fields: object) -> Answer:
    return (_HOLDS if holds else _FAILS), phrase(f"inspection.why.{said}", **fields)


def _days_before(earlier: datetime, plan: StopPlan) -> int:
    return (plan.stop_at.astimezone(CHINA).date() - earlier.astimezone(CHINA).date()).days


def _approved(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.approved_at is None or not plan.approved_by:
        return _said(False, "not_approved")
    if plan.approved_at > plan.stop_at:
        return _said(False, "approved_late", at=_minute(plan.approved_at))
    return _said(True, "approved", by=plan.approved_by, at=_minute(plan.approved_at))


def _arrears_lasting(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.overdue_on is None:
        return _UNKNOWN, phrase("inspection.why.overdue_unknown")
    days = (plan.stop_at.astimezone(CHINA).date() - plan.overdue_on).days
    return _said(days > rule.number, "days_since", days=days, most=rule.number)


def _dunned(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    return _said(plan.dunned_count > 0, "dunned", count=plan.dunned_count)


def _notice(plan: StopPlan, law: Law, *, is_in_time: Callable[[int, int, int], bool]) -> Answer:
    if plan.notice_served_at is None:
        return _said(False, "not_served")
    least, most = (int(law.rule(f"stop.notice_{end}_days").number) for end in ("min", "max"))
    days = _days_before(plan.notice_served_at, plan)
    return _said(is_in_time(days, least, most), "served", days=days, least=least, most=most)


def _notice_early(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    return _notice(plan, law, is_in_time=lambda days, least, most: days >= least)


def _notice_fresh(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    return _notice(plan, law, is_in_time=lambda days, least, most: days <= most)


def _authority_told(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.is_important_user is False:
        return _said(True, "ordinary_user")
    if plan.authority_told_at is not None and plan.authority_told_at <= plan.stop_at:
        return _said(True, "authority_told")
    # Not knowing whether a user is important is no reason to treat it as an ordinary one.
    state = _FAILS if plan.is_important_user else _UNKNOWN
    return state, phrase("inspection.why.authority_not_told")


def _final_call(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.final_call_at is None:
        return _said(False, "not_called")
    minutes = int((plan.stop_at - plan.final_call_at).total_seconds() // 60)
    return _said(minutes >= rule.number, "called", minutes=minutes, least=rule.number)


def _announced(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.notice_served_at is None:
        return _said(False, "not_announced")
    days = _days_before(plan.notice_served_at, plan)
    return _said(days >= rule.number, "announced", days=days, least=rule.number)


def _important_told(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.is_important_user is False:
        return _said(True, "ordinary_user")
    if plan.notice_served_at is None:
        return (_FAILS if plan.is_important_user else _UNKNOWN), phrase("inspection.why.not_announced")
    hours = int((plan.stop_at - plan.notice_served_at).total_seconds() // 3600)
    return _said(hours >= rule.number, "told_hours", hours=hours, least=rule.number)


def _order_published(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    return _said(plan.is_order_published, "published" if plan.is_order_published else "not_published")


def _not_protected(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.is_protected is None:
        return _UNKNOWN, phrase("inspection.why.protection_unknown")
    if plan.is_protected:
        return _said(False, "protected", reason=plan.protected_as or "-")
    return _said(True, "not_protected")


def _by_day(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    at = plan.stop_at.astimezone(CHINA)
    first, last = rule.number, law.rule("stop.latest_hour").number
    return _said(first <= at.hour < last, "hour", time=f"{at:%H:%M}", first=first, last=last)


def _working_day(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    day = plan.stop_at.astimezone(CHINA).date()
    is_worked = is_working_day(day)
    if is_worked and is_provisional(day):
        # It may yet be joined to a holiday.
        return _UNKNOWN, phrase("inspection.why.day_provisional", day=day)
    return _said(is_worked, "work_day" if is_worked else "rest_day", day=day)


def _weather(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.is_weather_extreme is None:
        return _UNKNOWN, phrase("inspection.why.weather_unknown")
    return _said(not plan.is_weather_extreme, "weather_extreme" if plan.is_weather_extreme else "weather_fine")


def _no_harm(plan: StopPlan, rule: Rule, law: Law) -> Answer:
    if plan.harms_others is None:
        return _UNKNOWN, phrase("inspection.why.harm_unknown")
    return _said(not plan.harms_others, "harm" if plan.harms_others else "no_harm")


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(CHINA):%Y-%m-%d %H:%M}"


_ANSWERS: dict[str, Callable[[StopPlan, Rule, Law], Answer]] = {
    "approved": _approved,
    "arrears_lasting": _arrears_lasting,
    "dunned": _dunned,
    "notice_early": _notice_early,
    "notice_fresh": _notice_fresh,
    "authority_told": _authority_told,
    "final_call": _final_call,
    "announced": _announced,
    "important_told": _important_told,
    "order_published": _order_published,
    "not_protected": _not_protected,
    "by_day": _by_day,
    "working_day": _working_day,
    "weather": _weather,
    "no_harm": _no_harm,
}
