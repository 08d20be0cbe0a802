"""The chain of a case: which state may follow which, who may do what, and how high an amount is approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.amounts import Amounts
from lamplighter.business.inspection.records.findings import CaseState, Duty, FindingKind, Holder
from lamplighter.business.inspection.rules.law import Law

_S = CaseState
_OPEN_MONEY: Final = (_S.PAID, _S.INSTALMENT, _S.REFERRED)

NEXT: Final[Mapping[CaseState, tuple[CaseState, ...]]] = MappingProxyType(
    {
        _S.CLUE: (_S.DESK_CHECK,),
        _S.DESK_CHECK: (_S.APPROVED, _S.ARCHIVED),
        _S.APPROVED: (_S.ON_SITE, _S.ARCHIVED),
        # A visit without access is planned anew; a clean one, and those that branch off, are closed.
        _S.ON_SITE: (_S.EVIDENCE_FIXED, _S.APPROVED, _S.CALCULATED, _S.ARCHIVED),
        _S.EVIDENCE_FIXED: (_S.NOTICE_SERVED,),
        _S.NOTICE_SERVED: (_S.STOPPED, _S.CALCULATED),
        _S.STOPPED: (_S.CALCULATED,),
        _S.CALCULATED: (_S.REVIEWED,),
        _S.REVIEWED: (_S.USER_CONFIRMED, _S.OBJECTED, _S.CALCULATED),
        _S.USER_CONFIRMED: _OPEN_MONEY,
        _S.OBJECTED: (_S.UPHELD, _S.RECALCULATED, _S.WITHDRAWN),
        _S.UPHELD: _OPEN_MONEY,
        _S.RECALCULATED: (_S.REVIEWED,),
        _S.WITHDRAWN: (_S.RESTORED, _S.ARCHIVED),
        _S.PAID: (_S.RESTORED, _S.REFERRED, _S.ARCHIVED),
        _S.INSTALMENT: (_S.PAID, _S.REFERRED, _S.RESTORED),
        # A referral may run beside payment.
        _S.REFERRED: (_S.PAID, _S.INSTALMENT, _S.RESTORED, _S.ARCHIVED),
        _S.RESTORED: (_S.PAID, _S.REFERRED, _S.ARCHIVED),
        _S.ARCHIVED: (),
    }
)
"""Which state may follow which. ``METROLOGY_OPINION`` may follow any open one and leads back to it."""

GOES_ON: Final = frozenset({FindingKind.BREACH, FindingKind.THEFT})
"""Findings whose case goes on to evidence and notice."""


class MoveForbidden(LamplighterError):
    """A case was to go where its state does not lead."""

    def __init__(self, from_state: CaseState, to_state: CaseState, *, allowed: tuple[CaseState, ...]) -> None:
        self.from_state, self.to_state, self.allowed = from_state, to_state, allowed
        names = ", ".join(text(f"inspection.state.{state}") for state in allowed) or "-"
        super().__init__(
            text(
                "inspection.error.move_forbidden",
                from_state=text(f"inspection.state.{from_state}"),
                to_state=text(f"inspection.state.{to_state}"),
                allowed=names,
            )
        )


class DutyNotSeparate(LamplighterError):
    """One person was to hold two duties that exclude each other."""

    def __init__(self, person: str, *, held: Duty, wanted: Duty) -> None:
        self.person, self.held, self.wanted = person, held, wanted
        super().__init__(
            text(
                "inspection.error.duty_not_separate",
                person=person,
                held=text(f"inspection.duty.{held}"),
                wanted=text(f"inspection.duty.{wanted}"),
            )
        )


def next_states(state: CaseState, *, suspended_from: CaseState | None = None) -> tuple[CaseState, ...]:
    """Return where a case may go.

    Args:
        state: where it stands.
        suspended_from: the state it was in when the metrology body was asked.

    Example:
        >>> [each.value for each in next_states(CaseState.OBJECTED)]
        ['upheld', 'recalculated', 'withdrawn', 'metrology_opinion']
    """
    if state is CaseState.METROLOGY_OPINION:
        return () if suspended_from is None else (suspended_from,)
    if state is CaseState.ARCHIVED:
        return ()
    return (*NEXT[state], CaseState.METROLOGY_OPINION)


def check_move(
    from_state: CaseState,
    to_state: CaseState,
    *,
    finding: FindingKind | None = None,
    suspended_from: CaseState | None = None,
) -> None:
    """Refuse a move that the chain does not have, or that the finding does not lead to.

    Args:
        from_state, to_state: the move.
        finding: what the visit found, for the move away from the site.
        suspended_from: as in :func:`next_states`.

    Raises:
        MoveForbidden: the case cannot go there.

    Example:
        A clean visit is archived and never reaches a notice:

        >>> check_move(CaseState.ON_SITE, CaseState.ARCHIVED, finding=FindingKind.CLEAN)
    """
    allowed = next_states(from_state, suspended_from=suspended_from)
    if from_state is CaseState.ON_SITE and to_state is not CaseState.METROLOGY_OPINION:
        allowed = _after_site(finding)
    if to_state not in allowed:
        raise MoveForbidden(from_state, to_state, allowed=allowed)


def _after_site(finding: FindingKind | None) -> tuple[CaseState, ...]:
    if finding is None:
        return ()
    if finding in GOES_ON:
        return (CaseState.EVIDENCE_FIXED,)
    if finding is FindingKind.NO_ACCESS:
        return (CaseState.APPROVED,)
    # A fault of metering is settled without a notice or a penalty.
    return (CaseState.CALCULATED,) if finding is FindingKind.METERING_FAULT else (CaseState.ARCHIVED,)


def check_duty(person: str, wanted: Duty, *, held: Iterable[Holder], law: Law) -> None:
    """Refuse a duty to a person who holds another one in the case, unless the company gave the separation up.

    Raises:
        DutyNotSeparate: finder, calculator and approver must be three people.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> held = [Holder(Duty.FINDER, "Wang"), Holder(Duty.CALCULATOR, "Zhao")]
        >>> check_duty("Li", Duty.APPROVER, held=held, law=load_law(on=date(2025, 3, 1)))
    """
    if not law.rule("duty.separation").is_on:
        return
    for holder in held:
        if holder.person == person and holder.duty is not wanted:
            raise DutyNotSeparate(person, held=holder.duty, wanted=wanted)


def approval_level(amounts: Amounts, *, is_reduced: bool, law: Law) -> str:
    """Return who approves an amount: ``section``, ``county`` or ``city``; a reduced multiple needs one level more.

    Example:
        >>> from datetime import date
        >>> from decimal import Decimal
        >>> from lamplighter.business.inspection.records.facts import BreachFacts, BreachKind
        >>> from lamplighter.business.inspection.rules.breach import work_out_breach
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> law = load_law(on=date(2025, 3, 1))
        >>> facts = BreachFacts(kind=BreachKind.SOURCE, found_on=law.on, kw=Decimal(20))
        >>> amounts = work_out_breach(facts, law=law)
        >>> approval_level(amounts, is_reduced=False, law=law), approval_level(amounts, is_reduced=True, law=law)
        ('section', 'county')
    """
    levels = ("section", "county", "city")
    limits = (law.rule("approval.section_upto").number, law.rule("approval.county_upto").number)
    level = sum(amounts.total_yuan > limit for limit in limits) + is_reduced
    return levels[min(level, len(levels) - 1)]
