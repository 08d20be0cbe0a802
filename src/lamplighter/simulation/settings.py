"""The knobs of a simulated company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

CHANNELS = (
    "energy_kwh",
    "reverse_kwh",
    "voltage_a_v",
    "voltage_b_v",
    "voltage_c_v",
    "current_a_a",
    "current_b_a",
    "current_c_a",
    "current_n_a",
)


class SettingOutOfRange(LamplighterError):
    """A knob of the simulation was turned where it does not go."""

    def __init__(self, name: str, *, value: object, allowed: str) -> None:
        self.name, self.value, self.allowed = name, value, allowed
        super().__init__(text("simulation.setting_out_of_range", name=name, value=str(value), allowed=allowed))


@dataclass(frozen=True, kw_only=True)
class SimulationSettings:
    """What kind of company to make.

    Attributes:
        seed: same seed and same settings give the same bytes.
        areas: number of transformer areas.
        customers_per_area: fewest and most customers of an area.
        start_on: first day.
        days: number of days.
        interval_minutes: 15 or 30.
        theft_rate: share of customers who steal at some time.
        difficulty: 0 (clean data, strong thefts) to 1 (noisy meters, weak thefts, many look-alikes).
        profiles: Parquet file of real homes (``household_id, started_at, energy_kwh``); none = simbench's profiles.
        profile_parts: the profiles are dealt into so many parts, and each feeder is built from one of them (its number
            modulo the parts): customers of feeders of different parts then share no measured home.
        split_to_15: whether half-hourly profiles are split to quarter hours when ``interval_minutes`` is 15.
        channels: what the meters deliver.
        file_format: "parquet" or "csv".
        file_span: what one interval file covers: "month", "week" or "day".
        has_late_files: whether some days arrive later, in files of their own with ``known_at``.
        areas_per_feeder: how many areas hang on one 10 kV feeder; the feeder is the unit of work.
        processes: worker processes; the result does not depend on it.
        energy_step_kwh: resolution of the register that interval energy is the difference of; none = by difficulty.
        voltage_step_v: resolution of voltage registers; none = by difficulty.
        wrong_area_share: share of customers, thieves too, that the archive has on a neighbouring area; none = as in
            the population.
        wrong_phase_share: share of single-phase customers with a wrong phase in the archive; none = likewise.
        missing_share: share of the readings of every low-voltage meter that is lost; none = by difficulty.
    """

    seed: int = 1
    areas: int = 60
    customers_per_area: tuple[int, int] = (25, 120)
    start_on: date = date(2025, 1, 1)
    days: int = 90
    interval_minutes: Literal[15, 30] = 15
    theft_rate: float = 0.035
    difficulty: float = 0.5
    profiles: Path | None = None
    profile_parts: int = 1
    split_to_15: bool = True
    channels: tuple[str, ...] = field(default=CHANNELS)
    file_format: Literal["parquet", "csv"] = "parquet"
    file_span: Literal["month", "week", "day"] = "month"
    has_late_files: bool = True
    areas_per_feeder: int = 8
    processes: int = 2
    energy_step_kwh: float | None = None
    voltage_step_v: float | None = None
    wrong_area_share: float | None = None
    wrong_phase_share: float | None = None
    missing_share: float | None = None

    def __post_init__(self) -> None:
        low, high = self.customers_per_area
        rules: tuple[tuple[str, object, bool, str], ...] = (
            ("areas", self.areas, 1 <= self.areas <= 200_000, "1 … 200000"),
            ("customers_per_area", self.customers_per_area, 1 <= low <= high <= 190, "1 ≤ low ≤ high ≤ 190"),
            ("days", self.days, 1 <= self.days <= 731, "1 … 731"),
            ("interval_minutes", self.interval_minutes, self.interval_minutes in (15, 30), "15, 30"),
            ("theft_rate", self.theft_rate, 0.0 <= self.theft_rate <= 0.5, "0 … 0.5"),
            ("difficulty", self.difficulty, 0.0 <= self.difficulty <= 1.0, "0 … 1"),
            ("areas_per_feeder", self.areas_per_feeder, 1 <= self.areas_per_feeder <= 40, "1 … 40"),
            ("profile_parts", self.profile_parts, 1 <= self.profile_parts <= 20, "1 … 20"),
            ("processes", self.processes, 1 <= self.processes <= 64, "1 … 64"),
            ("file_format", self.file_format, self.file_format in ("parquet", "csv"), "parquet, csv"),
            ("file_span", self.file_span, self.file_span in ("month", "week", "day"), "month, week, day"),
            (
                "channels",
                self.channels,
                "energy_kwh" in self.channels and set(self.channels) <= set(CHANNELS),
                ", ".join(CHANNELS),
            ),
            *(
                (name, share, share is None or 0.0 <= share <= 0.5, "0 … 0.5")
                for name in ("wrong_area_share", "wrong_phase_share", "missing_share")
                for share in (getattr(self, name),)
            ),
        )
        for name, value, is_right, allowed in rules:
            if not is_right:
                raise SettingOutOfRange(name, value=value, allowed=allowed)

    @property
    def slots(self) -> int:
        """Return the intervals of a day."""
        return 1440 // self.interval_minutes

    @property
    def feeders(self) -> int:
        """Return the number of 10 kV feeders."""
        return -(-self.areas // self.areas_per_feeder)

    @property
    def register_step_kwh(self) -> float:
        """Return the resolution of interval energy: 0.0001 of newer meters, 0.01 of older ones when it shall be hard.

        DL/T 698.45 registers come in both scalers.
        """
        if self.energy_step_kwh is not None:
            return self.energy_step_kwh
        return 0.01 if self.difficulty > 0.75 else 0.0001

    @property
    def subtlety(self) -> float:
        """Return how far thefts are drawn toward the weak half of their range, 0 … 1."""
        return 0.6 * self.difficulty

    @property
    def volt_step(self) -> float:
        """Return the resolution of voltage registers: 0.1 V, or 1 V when it shall be hard."""
        if self.voltage_step_v is not None:
            return self.voltage_step_v
        return 1.0 if self.difficulty > 0.75 else 0.1
