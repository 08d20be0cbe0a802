"""What a bill is made of, and what it says: every figure with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from lamplighter.business.tariffs.records import FeeMode, Origin, Period
from lamplighter.business.tariffs.rules.transformer import Plate


class Item(StrEnum):
    """What a line of a bill is for; words stand under ``billing.item``."""

    ENERGY = "energy"
    TIER_ADDER = "tier_adder"
    COMPONENT = "component"
    FUND = "fund"
    CAPACITY = "capacity"
    DEMAND = "demand"
    DEMAND_EXCESS = "demand_excess"
    POWER_FACTOR = "power_factor"


class Issue(StrEnum):
    """Why a bill is not whole, or not as sure as it looks; words stand under ``billing.issue``."""

    UNKNOWN_TARIFF = "unknown_tariff"
    """The company gives no tariff for the account, or one that is not on record: nothing is priced."""
    NO_METER = "no_meter"
    NO_REGISTER = "no_register"
    """No dial reading at a boundary, nor within the days before it: the energy is not known."""
    READING_MOVED = "reading_moved"
    """A boundary has no reading of its day; the last one before it stands in, the rest follows in the next bill."""
    REGISTER_WENT_BACK = "register_went_back"
    EXCHANGE_BRIDGED = "exchange_bridged"
    """No dial was read at an exchange: the hours between two readings come from trusted intervals, and say so."""
    SPLIT_BY_DAYS = "split_by_days"
    """A price changed on a day without a reading: the energy is shared by calendar days."""
    PERIODS_UNKNOWN = "periods_unknown"
    """The tariff has periods, and neither registers nor intervals say how the energy falls into them."""
    PERIODS_FROM_INTERVALS = "periods_from_intervals"
    TIER_POSITION_UNKNOWN = "tier_position_unknown"
    """Nothing says what was used earlier in the year: the tier cannot be known."""
    CAPACITY_UNKNOWN = "capacity_unknown"
    DEMAND_UNKNOWN = "demand_unknown"
    REACTIVE_UNKNOWN = "reactive_unknown"
    LOSS_DATA_UNKNOWN = "loss_data_unknown"
    """Metered below its own transformer, whose losses are not in the archive."""


BLOCKING = frozenset(
    {
        Issue.UNKNOWN_TARIFF,
        Issue.NO_METER,
        Issue.NO_REGISTER,
        Issue.REGISTER_WENT_BACK,
        Issue.PERIODS_UNKNOWN,
        Issue.TIER_POSITION_UNKNOWN,
        Issue.CAPACITY_UNKNOWN,
        Issue.DEMAND_UNKNOWN,
        Issue.REACTIVE_UNKNOWN,
        Issue.LOSS_DATA_UNKNOWN,
    }
)
"""Issues with which no total is said: a part of a bill is not a bill."""


class Cause(StrEnum):
    """Why two bills differ; words stand under ``billing.cause``."""

    DAYS = "days"
    WEATHER = "weather"
    ESTIMATE = "estimate"
    NEW_LOAD = "new_load"
    OTHER_USE = "other_use"
    TIER_STEP = "tier_step"
    TIME_OF_USE = "time_of_use"
    CAPACITY = "capacity"
    POWER_FACTOR = "power_factor"
    PRICE_CHANGE = "price_change"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the archive says of an account that its price depends on.

    Attributes:
        customer_class, price_class: of the archive.
        household_size: people of a household; 0 = not on record.
        capacity_kva: contract capacity; None = not on record.
        contract_demand_kw: contract demand of a month; ``fee_mode`` what the basic fee is charged on.
        opened_on: first day of the account.
        has_left_market: pays the multiplied price of purchase.
        is_metered_below: the meter hangs below the customer's own transformer, whose losses are his.
        plate: of that transformer; None = not on record. ``load_shape`` names the rule of its factor K, or is empty.
    """

    account_id: str
    customer_class: str
    price_class: str | None
    household_size: int = 0
    capacity_kva: Decimal | None = None
    contract_demand_kw: Decimal | None = None
    fee_mode: FeeMode = FeeMode.CAPACITY
    opened_on: date | None = None
    has_left_market: bool = False
    is_metered_below: bool = False
    plate: Plate | None = None
    load_shape: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """Days ``[first_on, end_on)`` of one month under one version of a tariff, and their energy by period, kWh."""

    first_on: date
    end_on: date
    kwh: Mapping[Period, Decimal]

    @property
    def total_kwh(self) -> Decimal:
        """Energy of all periods."""
        return sum(self.kwh.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Quantities:
    """What is priced.

    Attributes:
        segments: in the order of days, without a gap.
        used_before_kwh: energy of the tier's span before the first day.
        demand_kw: greatest demand of the month; ``reactive_kvarh`` reactive energy; None where not known.
    """

    segments: tuple[Segment, ...]
    used_before_kwh: Decimal = Decimal(0)
    demand_kw: Decimal | None = None
    reactive_kvarh: Decimal | None = None

    @property
    def total_kwh(self) -> Decimal:
        """Energy of all segments."""
        return sum((segment.total_kwh for segment in self.segments), Decimal(0))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number somebody may say aloud, and where it stands.

    Attributes:
        name: dotted, the same wherever the figure stands, for example ``bill.total_yuan``.
        value: the number, in ``unit``.
        source: ``core_register_daily M1 2025-01-01``, ``tariff zj.residential 2012``, ``formula 160 × 0.538`` …
        known_at: when what it rests on became known, UTC; None where that is no row of the lake.
        needs_confirmation: it rests on a company default.
    """

    name: str
    value: Decimal
    unit: str
    source: str
    known_at: datetime | None = None
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A dial at a boundary: meter, day, value and the version of the row (``known_at``), before the multiplier."""

    meter_id: str
    on_date: date
    value: Decimal
    known_at: datetime


@dataclass(frozen=True, slots=True)
class MeterUse:
    """What one meter adds to a bill: a meter exchanged in mid-period gives two of these.

    Attributes:
        first_on, end_on: days ``[first_on, end_on)`` it counts for.
        start, end: dial readings; None where there is none.
        multiplier: from dial to energy.
        energy_kwh: after the multiplier; None where it is not known.
        register_kwh: by period as the registers of the meter say, after the multiplier; empty where they do not.
        bridged_kwh: part of the energy that no dial tells, at an exchange; from trusted intervals.
        rolled_over: the dial passed its last figure.
    """

    meter_id: str
    first_on: date
    end_on: date
    start: Reading | None
    end: Reading | None
    multiplier: Decimal
    energy_kwh: Decimal | None
    register_kwh: Mapping[Period, Decimal]
    bridged_kwh: Decimal
    rolled_over: bool


@dataclass(frozen=True, slots=True)
class IntervalCheck:
    """The same energy by intervals, for comparison only: the register is what counts.

    Attributes:
        energy_kwh: sum of the trusted intervals after the multiplier.
        difference_kwh: register minus intervals.
        coverage: share of the slots that had a value.
        estimated_share: share of the slots that were estimated.
    """

    energy_kwh: Decimal
    difference_kwh: Decimal
    coverage: float
    estimated_share: float


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill.

    Attributes:
        item: what for; ``detail`` which part of it: code of a component, empty otherwise.
        period, tier: which period and tier (from 1), where it has one.
        first_on, end_on: days ``[first_on, end_on)``.
        quantity, unit: how much of what is charged.
        rate, rate_unit: at what price.
        formula: the arithmetic as one reads it, ``160 kWh × 0.538``.
        exact_yuan: before rounding; ``yuan`` as it stands in the bill, rounded half up.
        origin: tariff or rule the rate stands in.
    """

    item: Item
    detail: str
    period: Period | None
    tier: int | None
    first_on: date
    end_on: date
    quantity: Decimal
    unit: str
    rate: Decimal
    rate_unit: str
    formula: str
    exact_yuan: Decimal
    yuan: Decimal
    origin: Origin


@dataclass(frozen=True, slots=True)
class Bill:
    """What an account owes for ``[first_on, end_on)`` by its registers.

    Attributes:
        tariff_code: tariff on the last day; empty where unknown.
        energy_kwh: billed energy, losses of an own transformer included; None where it cannot be known.
        energy_by_period: how it falls into the periods of the tariff.
        own_loss_kwh: losses of an own transformer among it.
        used_before_kwh: energy of the tier's span before the bill; None where it does not matter or is not known.
        quantities: what was priced; None while an issue blocks.
        lines: line by line; empty while an issue blocks.
        total_yuan: sum of the lines; None while an issue blocks.
        uses: meters and readings.
        check: the same by intervals; None where there are none.
        issues: what is not whole, in the order it was met.
        billed_kwh, billed_yuan: what the company billed for the month, for comparison.
    """

    account_id: str
    first_on: date
    end_on: date
    tariff_code: str
    energy_kwh: Decimal | None
    energy_by_period: Mapping[Period, Decimal]
    own_loss_kwh: Decimal
    used_before_kwh: Decimal | None
    quantities: Quantities | None
    lines: tuple[BillLine, ...]
    total_yuan: Decimal | None
    uses: tuple[MeterUse, ...]
    check: IntervalCheck | None
    issues: tuple[Issue, ...]
    billed_kwh: Decimal | None
    billed_yuan: Decimal | None

    @property
    def days(self) -> int:
        """Days of the bill."""
        return (self.end_on - self.first_on).days

    @property
    def is_whole(self) -> bool:
        """The bill has a total."""
        return self.total_yuan is not None


@dataclass(frozen=True, slots=True)
class BillMonth:
    """A month one may ask the bill of: what the company billed, and the shadow bill made of it; None = unknown."""

    month: date
    energy_kwh: Decimal | None
    billed_yuan: Decimal | None
    shadow_yuan: Decimal | None


@dataclass(frozen=True, slots=True)
class BillBreakdown:
    """A bill with each of its figures and where it stands, as the assistant and pages read it."""

    bill: Bill
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class CauseShare:
    """One cause of a difference: yuan, the kWh behind it where it is one of energy, and how it was seen (``basis``)."""

    cause: Cause
    yuan: Decimal
    kwh: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True)
class BillComparison:
    """Why a bill differs from an earlier one: the causes add up to the difference, to the cent.

    Attributes:
        bill, against: the two bills.
        difference_yuan: bill minus against; None where one of them has no total, and then there are no causes.
        causes: in the order of :class:`Cause`; those of nothing are left out.
        figures: every figure with its source.
    """

    bill: Bill
    against: Bill
    difference_yuan: Decimal | None
    causes: tuple[CauseShare, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class TariffCost:
    """What some months would have cost under a tariff.

    Attributes:
        tariff: code; ``origin`` of its newest version used.
        is_current: the account has it now.
        yuan: cost of all months counted; None where no month could be priced.
        months: months that were priced.
        estimated_months: of these, how many took the split into periods from other months.
        needs_confirmation: a rate in it is a company default.
    """

    tariff: str
    name_zh: str
    name_en: str
    origin: Origin
    is_current: bool
    yuan: Decimal | None
    months: tuple[date, ...]
    estimated_months: int
    needs_confirmation: bool


@dataclass(frozen=True, slots=True)
class TariffComparison:
    """What the same use would have cost under each tariff the account may choose, cheapest first.

    Attributes:
        months: months asked for, whose energy is known.
        energy_kwh: energy of these months.
        costs: only tariffs that price every one of the months can be compared; others say how many they price.
        is_comparable: at least two tariffs price the same months.
    """

    account_id: str
    months: tuple[date, ...]
    energy_kwh: Decimal
    costs: tuple[TariffCost, ...]
    is_comparable: bool
    figures: tuple[Figure, ...]
