"""Tariffs, schemes of hours and rules of the bill, as they are read from data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from lamplighter.base.messages import Language, language

UNCERTAIN: Final = ("M-L", "P")
"""Grades of what is shown as "company default, confirm"."""


class Period(StrEnum):
    """Parts of the day that have a price of their own, dearest first."""

    TIP = "tip"
    PEAK = "peak"
    FLAT = "flat"
    VALLEY = "valley"
    DEEP_VALLEY = "deep_valley"


class TierSpan(StrEnum):
    """Over what time the kWh of a tier are counted."""

    MONTH = "month"
    YEAR = "year"


class FeeMode(StrEnum):
    """What the basic fee of a two-part tariff is charged on."""

    CAPACITY = "capacity"
    CONTRACT_DEMAND = "contract_demand"
    ACTUAL_DEMAND = "actual_demand"


class ComponentKind(StrEnum):
    """Parts of the price of a kWh of business users (AP-2)."""

    PURCHASE = "purchase"
    LINE_LOSS = "line_loss"
    TRANSMISSION = "transmission"
    SYSTEM = "system"
    FUND = "fund"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure stands: every price, limit and rule has one.

    Attributes:
        code: tariff, scheme or rule.
        version: of the row; it holds in ``[valid_from, valid_to)``.
        source: document or page it was read in.
        evidence: R read, M-H, M-M, M-L from memory, P a default of no authority.
        source_zh: the source in Chinese; empty = as ``source`` has it, such as in a company's own file.
    """

    code: str
    version: str
    valid_from: date
    valid_to: date | None
    source: str
    evidence: str
    source_zh: str = ""

    def say_source(self, in_language: Language | None = None) -> str:
        """Return its source."""
        return self.source_zh or self.source if (in_language or language()) == "zh" else self.source

    @property
    def needs_confirmation(self) -> bool:
        """The value is a default of no authority, or remembered with little confidence."""
        return self.evidence in UNCERTAIN


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a tiered price.

    Attributes:
        up_to_kwh: last kWh of the tier in the span; None = without end.
        adder: what each period costs more than in the first tier, yuan/kWh.
    """

    up_to_kwh: Decimal | None
    adder: Mapping[Period, Decimal]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a business user's price of a kWh; ``floats`` = multiplied by the ratio of the period (TOU-4)."""

    code: str
    kind: ComponentKind
    yuan_per_kwh: Decimal
    floats: bool
    zh: str
    en: str

    def say(self, in_language: Language | None = None) -> str:
        """Return its name."""
        return self.zh if (in_language or language()) == "zh" else self.en


@dataclass(frozen=True, slots=True)
class BasicFee:
    """Prices of the basic fee: per kVA and month, per kW and month."""

    yuan_per_kva: Decimal
    yuan_per_kw: Decimal


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price list in one version.

    Attributes:
        origin: code, version, validity, source and grade.
        classes: classes of customers who may choose it.
        price_classes: words of the company's archive that mean this tariff.
        is_reference: on record for comparison and tests; no customer of the company is offered it.
        min_kva, max_kva: contract capacity it is open to; None = no limit on that side.
        scheme: code of the time-of-use scheme; empty = one price all day.
        prices: first-tier price by period (:attr:`Period.FLAT` alone without a scheme), yuan/kWh; empty where the
            price is a stack of components.
        tier_span, tiers: how kWh climb the steps; empty = no tiers.
        components: the stack of a business price.
        basic_fee: prices of the basic fee; None = single-part.
        power_factor: standard the power factor is held against; None = not adjusted.
    """

    origin: Origin
    zh: str
    en: str
    classes: tuple[str, ...]
    price_classes: tuple[str, ...]
    is_reference: bool
    min_kva: Decimal | None
    max_kva: Decimal | None
    scheme: str
    prices: Mapping[Period, Decimal]
    tier_span: TierSpan | None
    tiers: tuple[Tier, ...]
    components: tuple[Component, ...]
    basic_fee: BasicFee | None
    power_factor: Decimal | None

    @property
    def code(self) -> str:
        """Its code, the same in every version."""
        return self.origin.code

    def say(self, in_language: Language | None = None) -> str:
        """Return its name."""
        return self.zh if (in_language or language()) == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes ``[start, end)`` of a day that belong to a period."""

    start: int
    end: int
    period: Period


@dataclass(frozen=True, slots=True)
class Season:
    """What holds in some months: the hours, and what each period costs against flat (empty: prices stand alone)."""

    months: tuple[int, ...]
    spans: tuple[Span, ...]
    ratios: Mapping[Period, Decimal]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A time-of-use scheme in one version; its seasons cover the year, the spans of each the day."""

    origin: Origin
    zh: str
    en: str
    seasons: tuple[Season, ...]

    def say(self, in_language: Language | None = None) -> str:
        """Return its name."""
        return self.zh if (in_language or language()) == "zh" else self.en

    def season(self, month: int) -> Season:
        """Return what holds in a month, 1 to 12."""
        return next(season for season in self.seasons if month in season.months)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods it ever uses, dearest first."""
        used = {span.period for season in self.seasons for span in season.spans}
        return tuple(period for period in Period if period in used)


@dataclass(frozen=True, slots=True)
class BillRule:
    """A number the bill needs that is no price: 105 %, 260 kWh, 720 hours, rounding."""

    origin: Origin
    value: Decimal
    unit: str
    zh: str
    en: str

    def say(self, in_language: Language | None = None) -> str:
        """Return what the rule says, in words."""
        return self.zh if (in_language or language()) == "zh" else self.en
