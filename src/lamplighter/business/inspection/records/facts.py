"""The facts a calculation starts from: what was seen, measured and agreed. Absent means not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")
"""A mistyped name in a file is refused: unread, it would silently count as not known."""


class UserCategory(StrEnum):
    """Kind of user, which decides the hours of a day when they are not known."""

    LIGHTING = "lighting"
    """Lighting and residential."""
    POWER = "power"
    """All else (电力、动力)."""


class EnergyMethod(StrEnum):
    """Lawful ways to the stolen energy."""

    ESTABLISHED = "established"
    """Established by records: meter, check meter, load curve."""
    CONNECTED = "connected"
    """Capacity of privately connected equipment × hours: hooking and bypass."""
    METER = "meter"
    """Capacity at the meter's rated current × hours: any other method."""
    UNIT_USE = "unit_use"
    """Unit consumption of similar users × output, provincial."""
    MASTER_METER = "master_meter"
    """Master meter less sub-meters less normal loss, provincial."""
    HISTORY = "history"
    """Normal months less what was metered, provincial."""


class Wiring(StrEnum):
    """How a meter is connected."""

    SINGLE_PHASE = "single_phase"
    FOUR_WIRE = "four_wire"
    THREE_WIRE = "three_wire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Equipment found connected: rated capacity of one, kW or kVA, and how many."""

    name: str
    rated_kw: Decimal
    quantity: int = 1

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPlate:
    """A meter's nameplate.

    Attributes:
        wiring: single-phase, three-phase four-wire or three-phase three-wire.
        current: marking in ampere as printed: ``5(60)``, ``3×1.5(6)`` or ``0.25-0.5(60)``.
        voltage_v: phase voltage of single-phase and four-wire meters (220 when absent), line voltage of three-wire.
        ct: ratio of the current transformers, ``200/5``; absent where there are none.
        pt: ratio of the voltage transformers, ``10000/100``.
        limiter_a: set current of a limiter, which goes before the meter's own.
    """

    wiring: Wiring
    current: str
    voltage_v: Decimal | None = None
    ct: str | None = None
    pt: str | None = None
    limiter_a: Decimal | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPrice:
    """Price of a time-of-use period with the share of the stolen time that fell into it."""

    name: str
    yuan_per_kwh: Decimal
    share: Decimal = Decimal(0)

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class TheftFacts:
    """A theft.

    Attributes:
        found_on: day it was found; the last day of the act where ``ended_on`` is absent.
        method: how the energy is reached.
        category: kind of user.
        price_yuan: price per kWh (flat for time-of-use customers), without what is in ``surcharge_yuan``.
        surcharge_yuan: surcharges levied per kWh.
        period_prices: of a time-of-use customer.
        acts: codes ``TH-1`` …; the penalty does not depend on them, the notice does.
        started_on: first day, where it can be established; ``ended_on`` the last day.
        hours_per_day: hours of theft a day, where they can be established.
        days_claimed: more than the presumed days, where the 1996 text's "at least" is used.
        established_kwh: for the method *established*.
        devices: for *connected*.
        meter: for *meter*.
        separate_circuit: the theft ran on a circuit of its own, past everything that was billed.
        billed_kwh: energy billed in the same days.
        normal_kwh, metered_kwh, months: for *history*: use of a normal month, metered in the months of theft.
        unit_kwh, output, auxiliary_kwh: for *unit_use*, with ``metered_kwh``.
        master_kwh, sub_kwh, loss_kwh: for *master_meter*.
        multiple: penalty multiple agreed or decided; the highest lawful one when absent.
        multiple_reason: why it is lower.
        earlier_penalty: punished for theft before (crime, or administratively within a year).
        thefts_two_years: thefts within two years, this one included.
    """

    found_on: date
    method: EnergyMethod
    category: UserCategory
    price_yuan: Decimal
    surcharge_yuan: Decimal = Decimal(0)
    period_prices: tuple[PeriodPrice, ...] = ()
    acts: tuple[str, ...] = ()
    started_on: date | None = None
    ended_on: date | None = None
    hours_per_day: Decimal | None = None
    days_claimed: int | None = None
    established_kwh: Decimal | None = None
    devices: tuple[Device, ...] = ()
    meter: MeterPlate | None = None
    separate_circuit: bool = False
    billed_kwh: Decimal | None = None
    normal_kwh: Decimal | None = None
    metered_kwh: Decimal | None = None
    months: Decimal | None = None
    unit_kwh: Decimal | None = None
    output: Decimal | None = None
    auxiliary_kwh: Decimal = Decimal(0)
    master_kwh: Decimal | None = None
    sub_kwh: Decimal | None = None
    loss_kwh: Decimal | None = None
    multiple: Decimal | None = None
    multiple_reason: str = ""
    earlier_penalty: bool = False
    thefts_two_years: int = 1

    __pydantic_config__ = _STRICT


class BreachKind(StrEnum):
    """Breaches the rule names; the values are the codes of ``acts.toml``."""

    CLASS = "BR-1"
    CAPACITY = "BR-2"
    SEALED = "BR-3"
    DEVICE = "BR-4"
    SOURCE = "BR-5"
    QUOTA = "BR-6"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFacts:
    """A breach.

    Attributes:
        kind: which.
        found_on: day it was found; the last day of the act where ``ended_on`` is absent.
        started_on, ended_on: first and last day of the act, where they can be established.
        high_yuan, low_yuan: for *class*: the price due and the price paid, per kWh.
        kwh: for *class*: energy of the established dates. ``monthly_kwh`` where the dates are not known.
        kw: capacity added, used although sealed, or of the source, kW or kVA; for *quota* the power above it.
        is_two_part: two-part tariff with a basic fee.
        basic_yuan: basic fee, yuan per kVA (kW) and month.
        months: months the capacity was used; from the dates when absent.
        occurrences: for *sealed*, *device* and *quota*.
        is_residential: for *device*.
        is_private_capacity: for *sealed*: the capacity was never part of the contract, so *capacity* applies as well.
        price_yuan: for *quota*, with ``kwh``.
        multiple, multiple_reason: as in :class:`TheftFacts`.
    """

    kind: BreachKind
    found_on: date
    started_on: date | None = None
    ended_on: date | None = None
    high_yuan: Decimal | None = None
    low_yuan: Decimal | None = None
    kwh: Decimal | None = None
    monthly_kwh: Decimal | None = None
    kw: Decimal | None = None
    is_two_part: bool = False
    basic_yuan: Decimal | None = None
    months: Decimal | None = None
    occurrences: int = 1
    is_residential: bool = False
    is_private_capacity: bool = False
    price_yuan: Decimal | None = None
    multiple: Decimal | None = None
    multiple_reason: str = ""

    __pydantic_config__ = _STRICT


class MeteringErrorKind(StrEnum):
    """What was wrong with the metering."""

    ERROR = "error"
    """Meter or transformer beyond tolerance."""
    VOLTAGE_DROP = "voltage_drop"
    """Voltage drop of the connecting wire beyond tolerance."""
    OTHER = "other"
    """Other causes nobody is to blame for."""
    WIRING = "wiring"
    """Wrong wiring."""
    FUSE = "fuse"
    """Fuse of a voltage transformer, or fault of an instrument transformer."""
    RATIO = "ratio"
    """Multiplier other than the real one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringErrorFacts:
    """A metering error.

    Attributes:
        kind: which.
        corrected_on: day it was corrected, whose law holds.
        price_yuan: price per kWh.
        metered_kwh: energy recorded (or billed) from the last verification, installation or beginning of the fault to
            the correction. A meter that ran backwards has a negative one.
        relative_error: for *error*: verified relative error as a fraction, above 0 where the meter is fast.
        tolerance: error that is allowed, as a fraction; that of a residential meter when absent and ``is_residential``.
        is_residential: single-phase residential meter.
        actual_drop, allowed_drop: for *voltage_drop*, as fractions.
        fault: for *wiring* and *fuse*: code of ``wiring_faults.toml``.
        factor: for *wiring* and *fuse*: G = true / recorded power where it was measured or worked out.
        tan_phi: tan φ during the fault, above 0 where the current lags.
        normal_kwh: use of a normal month; ``months`` the months to settle.
        true_ratio, billed_ratio: for *ratio*, ``200/5`` or a plain number.
    """

    kind: MeteringErrorKind
    corrected_on: date
    price_yuan: Decimal
    metered_kwh: Decimal
    relative_error: Decimal | None = None
    tolerance: Decimal | None = None
    is_residential: bool = False
    actual_drop: Decimal | None = None
    allowed_drop: Decimal | None = None
    fault: str | None = None
    factor: Decimal | None = None
    tan_phi: Decimal | None = None
    normal_kwh: Decimal | None = None
    months: Decimal | None = None
    true_ratio: str | None = None
    billed_ratio: str | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFeeFacts:
    """Arrears: amount, last day to pay, day of payment, and the contract's own daily share where it has one."""

    arrears_yuan: Decimal
    due_on: date
    paid_on: date
    is_residential: bool
    contract_rate: Decimal | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceFacts:
    """A household appliance the company damaged: class (electronic, motor, heating, lighting), price, months of use."""

    damaged_on: date
    appliance: str
    price_yuan: Decimal
    used_months: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CrimeFacts:
    """Months around a theft whose quantity cannot be established: kWh a month before (the newest last) and after."""

    normal_kwh: tuple[Decimal, ...]
    after_kwh: Decimal
    months: Decimal

    __pydantic_config__ = _STRICT


Facts = TheftFacts | BreachFacts | MeteringErrorFacts | LateFeeFacts | ApplianceFacts
