"""What is known of a stop of supply that somebody plans, and what each guard says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, ConfigDict

from lamplighter.business.inspection.records.amounts import Phrase
from lamplighter.business.inspection.records.law import Rule


class StopGround(StrEnum):
    """Why supply is to be stopped."""

    ARREARS = "arrears"
    DANGER = "danger"
    """Equipment or use endangers others."""
    REFUSAL = "refusal"
    """Inspection refused, or a defect not put right."""
    BREACH = "breach"
    THEFT = "theft"
    PLANNED_MAINTENANCE = "planned_maintenance"
    TEMPORARY_MAINTENANCE = "temporary_maintenance"
    SHORTAGE = "shortage"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlan:
    """A stop somebody plans. Instants carry their zone; None means not known, which is never taken for fine.

    Attributes:
        ground: why.
        stop_at: when.
        overdue_on: day the bill became overdue.
        dunned_count: times payment was asked for.
        approved_by, approved_at: the responsible manager's approval.
        notice_served_at: when the stop notice was served, or the maintenance announced.
        authority_told_at: when the power administration got its copy.
        final_call_at: when the user was told again.
        is_important_user: important power user; None: not looked up.
        is_protected: on the list of users that are not stopped; ``protected_as`` why.
        is_theft_confirmed: theft confirmed on site, evidence fixed.
        is_order_published: order of rationing approved and published.
        is_weather_extreme: warning of extreme weather for the place and day.
        harms_others: the stop would harm other users, the public interest or safety.
    """

    ground: StopGround
    stop_at: AwareDatetime
    overdue_on: date | None = None
    dunned_count: int = 0
    approved_by: str = ""
    approved_at: AwareDatetime | None = None
    notice_served_at: AwareDatetime | None = None
    authority_told_at: AwareDatetime | None = None
    final_call_at: AwareDatetime | None = None
    is_important_user: bool | None = None
    is_protected: bool | None = None
    protected_as: str = ""
    is_theft_confirmed: bool = False
    is_order_published: bool = False
    is_weather_extreme: bool | None = None
    harms_others: bool | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")


class GuardState(StrEnum):
    """What a guard says."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GuardResult:
    """One guard: whether it holds, why, and the rule it rests on."""

    name: str
    state: GuardState
    why: Phrase
    rule: Rule


@dataclass(frozen=True, slots=True)
class StopDecision:
    """Every guard that is asked for a stop.

    Attributes:
        ground: why supply is to be stopped.
        is_on_the_spot: confirmed theft stopped on the spot, which the law of the day allows.
        on_the_spot_rule: for theft, the rule that allows or forbids that; to be confirmed where it is uncertain.
        guards: in the order of the procedure.
    """

    ground: StopGround
    is_on_the_spot: bool
    guards: tuple[GuardResult, ...]
    on_the_spot_rule: Rule | None = None

    @property
    def may_stop(self) -> bool:
        """Every guard holds; what is unknown does not."""
        return all(guard.state is GuardState.HOLDS for guard in self.guards)

    @property
    def missing(self) -> tuple[GuardResult, ...]:
        """The guards that fail or are unknown."""
        return tuple(guard for guard in self.guards if guard.state is not GuardState.HOLDS)
