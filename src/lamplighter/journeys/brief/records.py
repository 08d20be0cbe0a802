"""The brief as typed data: what was found in one night, how far it can be trusted, and what to look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from lamplighter.business.line_loss.explanations import AreaExplanation


class Grade(StrEnum):
    """How a check of trust turned out."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"
    UNKNOWN = "unknown"
    """What the check reads is not there."""


class DetectionState(StrEnum):
    """What the list of suspicions can say."""

    FOUND = "found"
    NONE_FOUND = "none_found"
    """Detection ran and gave no account a colour."""
    NOT_RUN = "not_run"
    """No list of this night or of any before it."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who the brief is about."""

    name: str
    timezone: str
    interval_minutes: int


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the trust in the night's figures.

    Attributes:
        code: which question; its words are the messages ``report.page.check.<code>``.
        grade: how it turned out.
        value: the figure found, a share or a number; None where it could not be found.
        limit: the figure from which it is good; None where the check has none.
        needs_confirmation: the limit is a default of ours that the company should confirm.
        fields: further figures for the sentence.
    """

    code: str
    grade: Grade
    value: float | None
    limit: float | None = None
    needs_confirmation: bool = False
    fields: Mapping[str, float | str] | None = None


@dataclass(frozen=True, slots=True)
class FlagCount:
    """How many meters a validation rule spoke of during the night."""

    rule_id: str
    severity: str
    meters: int


@dataclass(frozen=True, slots=True)
class Trust:
    """Can these figures be trusted?

    Attributes:
        verdict: the worst grade of the checks that were answered.
        checks: the questions.
        flags: validation rules that spoke during the night, most meters first.
        worked_at: when the losses were computed, UTC.
        received_at: when the newest file came in, UTC; None where files were never counted.
    """

    verdict: Grade
    checks: tuple[Check, ...]
    flags: tuple[FlagCount, ...]
    worked_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Energy of one day over some areas, kWh; None where nothing could be added up."""

    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None

    @property
    def loss_rate(self) -> float | None:
        """Loss over supply; None without supply."""
        if self.loss_kwh is None or not self.supplied_kwh:
            return None
        return self.loss_kwh / self.supplied_kwh

    @property
    def unexplained_rate(self) -> float | None:
        """Unexplained energy over supply; None without supply."""
        if self.unexplained_kwh is None or not self.supplied_kwh:
            return None
        return self.unexplained_kwh / self.supplied_kwh


@dataclass(frozen=True, slots=True)
class Place:
    """Where an area lies: unit names from the nearest upwards, and its point where the archive has one."""

    station_id: str
    station: str
    county: str
    feeder: str | None
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True, slots=True)
class AreaPeriod:
    """An area over the detection window.

    Attributes:
        day_count: computable days.
        loss_rate: loss over supply.
        unexplained_kwh: over the whole window, with its interval.
        change_on: day of the greatest change of the unexplained energy; None where it did not change.
        change_kwh_per_day: size of that change.
    """

    day_count: int
    loss_rate: float | None
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None
    change_on: date | None
    change_kwh_per_day: float | None


@dataclass(frozen=True, slots=True)
class Area:
    """One area on the night.

    Attributes:
        area_id: archive number.
        name: name, the number where it has none.
        place: where it lies.
        balance: its energy.
        technical_source: network, regression or none.
        coverage: share of energy and meters really read.
        estimated_share: share of sold energy that is estimated.
        is_computable: the figures can be trusted.
        why_not: codes why it is not computable.
        loss_class: class of the versioned list.
        hints: codes of the causes its signature points to.
        period: the detection window; None where it was not computed.
        suspicion_count: coloured suspicions that live on it.
        explanation: what its loss over the window consists of; None where it could not be explained.
    """

    area_id: str
    name: str
    place: Place
    balance: Balance
    technical_source: str
    coverage: float
    estimated_share: float | None
    is_computable: bool
    why_not: tuple[str, ...]
    loss_class: str
    hints: tuple[str, ...]
    period: AreaPeriod | None
    suspicion_count: int = 0
    explanation: AreaExplanation | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The company on one day of the window: computable areas only, and how many they were."""

    on_date: date
    area_count: int
    computable_count: int
    balance: Balance
    coverage: float | None


@dataclass(frozen=True, slots=True)
class AreaDays:
    """An area day by day over the window; None on days that are not computable or were not worked."""

    loss_rate: tuple[float | None, ...]
    unexplained_kwh: tuple[float | None, ...]
    unexplained_rate: tuple[float | None, ...]
    """Unexplained over supplied."""


@dataclass(frozen=True, slots=True)
class UnitLoss:
    """A station's areas together: computable areas only, and how many they were."""

    station_id: str
    station: str
    county: str
    area_count: int
    computable_count: int
    balance: Balance
    suspicion_count: int


@dataclass(frozen=True, slots=True)
class FeederLoss:
    """A feeder's own loss on the night."""

    feeder_id: str
    name: str
    balance: Balance
    coverage: float
    is_computable: bool
    why_not: tuple[str, ...]
    loss_class: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against a suspicion, with the figures behind it."""

    layer: str
    code: str
    is_for: bool
    strength: float
    value: float | None
    expected: float | None
    unit: str
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Curve:
    """Daily energy of a suspect meter over the window beside its peers.

    Attributes:
        energy_kwh: one value a day, None where it cannot be known.
        is_estimated: days of which more than half is estimated.
        peer_low_kwh, peer_mid_kwh, peer_high_kwh: quartiles of customers of the same class nearby, each scaled to this
            customer's level at the start of the window; empty where too few are comparable.
        peer_count: how many peers.
    """

    energy_kwh: tuple[float | None, ...]
    is_estimated: tuple[bool, ...]
    peer_low_kwh: tuple[float | None, ...]
    peer_mid_kwh: tuple[float | None, ...]
    peer_high_kwh: tuple[float | None, ...]
    peer_count: int


DATED_CHANGES: Final = ("lasting_drop", "loss_took_over")
"""Reasons whose first day is the day of a change. Of others it is the day from which they were looked for."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An account worth a visit.

    Attributes:
        rank: place in the whole list, 1 = visit first.
        masked_account: account number with its middle hidden; the number itself never enters the brief.
        meter_id: the most suspect meter.
        area_id: its area.
        customer_class: residential, commercial ...
        is_protected: life support or otherwise protected: no disconnection without a person's decision.
        theft_probability: calibrated share of such accounts that steal.
        expected_kwh: energy at stake a month; None where the area gives no bound.
        expected_yuan: expected value of a visit.
        colour: red, orange or yellow.
        is_new: had no colour, or a weaker one, in the list before.
        layers: evidence layers that were available.
        data_depth: how deep its data go: interval_electrical, interval, daily, monthly or archive.
        layer_worth: what each layer adds to the log-odds of theft.
        evidence: reasons for and against.
        checks: what to check on site, codes.
        curve: daily energy; None beyond the number of cards that carry one, or where the meter has no days.
    """

    rank: int
    masked_account: str
    meter_id: str
    area_id: str | None
    customer_class: str | None
    is_protected: bool
    theft_probability: float
    expected_kwh: float | None
    expected_yuan: float
    colour: str
    is_new: bool
    layers: tuple[str, ...]
    data_depth: str
    layer_worth: Mapping[str, float]
    evidence: tuple[Evidence, ...]
    checks: tuple[str, ...]
    curve: Curve | None

    @property
    def onset(self) -> date | None:
        """The first day of a change that speaks for the suspicion; None where none is dated."""
        days = [e.first_on for e in self.evidence if e.is_for and e.code in DATED_CHANGES and e.first_on is not None]
        return min(days, default=None)


@dataclass(frozen=True, slots=True)
class SuspicionList:
    """The list as far as the brief carries it.

    Attributes:
        state: what it can say.
        as_of_on: night it was made for, which may be earlier than the brief's; None where it never ran.
        previous_on: the list before, against which *new* is told; None where this is the first.
        account_count: accounts ranked.
        depths: of these by how deep their data go, the shallowest first.
        counts: coloured suspicions by colour.
        new_counts: of these new.
        expected_kwh: sum over the coloured whose energy is known, a month.
        unknown_kwh_count: coloured suspicions whose energy at stake is unknown.
        expected_yuan: sum over the coloured.
        rows: the first coloured suspicions in order of rank.
        model_version: version of the ranking.
    """

    state: DetectionState
    as_of_on: date | None
    previous_on: date | None
    account_count: int
    depths: Mapping[str, int]
    counts: Mapping[str, int]
    new_counts: Mapping[str, int]
    expected_kwh: float
    unknown_kwh_count: int
    expected_yuan: float
    rows: tuple[Suspicion, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything the page and the PDF show.

    Attributes:
        company: who.
        on_date: the night: the local day whose figures these are.
        written_at: when the brief was written, UTC-naive.
        generation: state of the lake it was read from.
        days: the window, oldest first; its last day is the night.
        night: the night over computable areas.
        surplus_kwh: unexplained energy of the areas where it is positive, which the sum of all hides.
        deficit_kwh: of those where it is negative; mostly meters that belong to another area.
        all_supplied_kwh: supplied to all areas with a supply reading, computable or not.
        areas: every area of the night, worst first.
        area_days: area id -> day by day, for the areas the page can open.
        units: by station.
        feeders: by line; empty where no feeder loss was computed.
        trust: how far to trust it.
        suspicions: the list.
        outlines: GeoJSON of units to draw under the map.
        policy_version: version of the loss thresholds.
        missing: lake tables that are empty and whose part of the page is therefore empty.
    """

    company: Company
    on_date: date
    written_at: datetime
    generation: int
    days: tuple[Day, ...]
    night: Balance
    surplus_kwh: float
    deficit_kwh: float
    all_supplied_kwh: float | None
    areas: tuple[Area, ...]
    area_days: Mapping[str, AreaDays]
    units: tuple[UnitLoss, ...]
    feeders: tuple[FeederLoss, ...]
    trust: Trust
    suspicions: SuspicionList
    outlines: Mapping[str, object]
    policy_version: str
    missing: Sequence[str] = ()
