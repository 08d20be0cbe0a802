"""The evidence card: everything the list rests on for one account, in the order a sceptical inspector asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CardReason:
    """One reason on a card.

    Attributes:
        code: reason of the published list.
        layer: layer that found it.
        is_for: speaks for a suspicion.
        strength: 0 to 1.
        added: what it adds by the published weights, log-odds; below zero where it speaks against. Orders the card.
        value: figure found; None where there is none.
        expected: what would be usual.
        unit: unit of both.
        first_on: first day it shows.
        last_on: last day it shows.
    """

    code: str
    layer: str
    is_for: bool
    strength: float
    added: float
    value: float | None
    expected: float | None
    unit: str
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class CardArea:
    """What the area loses, kWh a day, with the interval and the days it rests on."""

    computable_days: int
    unexplained_kwh: float
    low_kwh: float
    high_kwh: float


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    """The evidence card of an account.

    Attributes:
        account_id: account.
        masked_name: name with all but the first sign hidden; empty where the archive has none.
        customer_class: class of the customer.
        meter_id: most suspect meter; empty where the account has none.
        area_id: its area, None where there is none.
        as_of: last day of the window.
        rank: place in the list.
        listed_count: accounts in the list.
        colour: warning level.
        theft_probability: calibrated share of such accounts that steal.
        expected_kwh: a month; None = unknown.
        expected_yuan: expected value of a visit.
        layers: layers that could judge.
        data_depth: how deep its data go: interval_electrical, interval, daily, monthly or archive.
        missing_layers: layers that could not.
        speaks_for: reasons for, the weightiest first.
        speaks_against: reasons against, the weightiest first.
        checks: what to check on site, codes.
        area: what the area loses; None where it could not be computed.
        layer_worth: what each layer adds to the log-odds of theft; empty where the list was made by a model that is no
            longer in use.
        scores: every score of the meter by name; None = not available.
        model_version: version of the ranking.
    """

    account_id: str
    masked_name: str
    customer_class: str
    meter_id: str
    area_id: str | None
    as_of: date
    rank: int
    listed_count: int
    colour: str
    theft_probability: float
    expected_kwh: float | None
    expected_yuan: float
    layers: tuple[str, ...]
    data_depth: str
    missing_layers: tuple[str, ...]
    speaks_for: tuple[CardReason, ...]
    speaks_against: tuple[CardReason, ...]
    checks: tuple[str, ...]
    area: CardArea | None
    layer_worth: Mapping[str, float]
    scores: Mapping[str, float | None]
    model_version: str


def mask_name(name: str | None) -> str:
    """Return a name with all but its first sign hidden.

    Example:
        >>> mask_name("王小明"), mask_name(None)
        ('王**', '')
    """
    return "" if not name else name[0] + "*" * (len(name) - 1)
