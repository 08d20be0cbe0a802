"""Measured load profiles to build customers from: simbench's year of quarter hours, or a file of real homes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

Profiles = npt.NDArray[np.float32]

_SIMBENCH_FOLDER = Path("networks", "1-complete_data-mixed-all-0-sw")
# Letters of simbench: H0 home, G0-G6 trade, L0-L2 farm.
_SIMBENCH_GROUPS = {
    "home": ("H0-A", "H0-B", "H0-C", "H0-G", "H0-L"),
    "shop": ("G0-A", "G1-A", "G1-B", "G1-C", "G4-A", "G4-B", "G5-A", "G6-A"),
    "workshop": ("G2-A", "G3-A", "G3-M", "G4-M", "G0-M"),
    "farm": ("L0-A", "L1-A", "L2-A"),
}


class ProfilesMissing(LamplighterError):
    """There is nothing to build loads from."""

    def __init__(self, *, source: str) -> None:
        self.source = source
        super().__init__(text("simulation.profiles_missing", source=source))


class ProfileFileUnfit(LamplighterError):
    """The file of profiles cannot be used as it is."""

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(text("simulation.profiles_unfit", path=str(path), reason=reason))


class ProfilesTooFew(LamplighterError):
    """The profiles cannot be dealt into so many parts."""

    def __init__(self, *, parts: int, fewest: int) -> None:
        self.parts, self.fewest = parts, fewest
        super().__init__(text("simulation.profiles_too_few", parts=parts, fewest=fewest))


@dataclass(frozen=True, kw_only=True)
class ProfileLibrary:
    """Measured shapes by kind of customer.

    Attributes:
        groups: "home", "shop", "workshop", "farm": shape (profiles, days, slots), each scaled to mean 1;
            a group that the source lacks is absent, and its customers get shapes made from opening hours.
        first_on: the first day of the source; its weekdays are matched to the company's.
    """

    groups: Mapping[str, Profiles]
    first_on: date

    def deal(self, *, part: int, parts: int) -> ProfileLibrary:
        """Return the library with every ``parts``-th profile of each group, from number ``part`` on.

        Raises:
            ProfilesTooFew: a group has fewer profiles than parts.

        Example:
            >>> library = ProfileLibrary(groups={"home": np.zeros((5, 1, 96), np.float32)}, first_on=date(2013, 1, 1))
            >>> library.deal(part=0, parts=2).groups["home"].shape[0]
            3
        """
        if parts == 1:
            return self
        fewest = min(len(profiles) for profiles in self.groups.values())
        if fewest < parts:
            raise ProfilesTooFew(parts=parts, fewest=fewest)
        return ProfileLibrary(
            groups={name: profiles[part::parts] for name, profiles in self.groups.items()}, first_on=self.first_on
        )

    def match_days(self, *, days: tuple[date, ...], is_rest: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return for each company day the source day of the same season and weekday (a holiday counts as Sunday)."""
        source_days = next(iter(self.groups.values())).shape[1]
        chosen = np.empty(len(days), dtype=np.int64)
        for position, day in enumerate(days):
            offset = (day.timetuple().tm_yday - self.first_on.timetuple().tm_yday) % 365
            weekday = 6 if is_rest[position] and day.weekday() < 5 else day.weekday()
            weekday = 2 if not is_rest[position] and day.weekday() >= 5 else weekday
            lag = (weekday - (self.first_on + timedelta(days=offset)).weekday() + 3) % 7 - 3
            chosen[position] = offset + lag
        return _fold(chosen, source_days)


def _fold(index: npt.NDArray[np.int64], source_days: int) -> npt.NDArray[np.int64]:
    """Bring day numbers into the source by whole weeks, so that weekdays stay."""
    weeks = max(source_days // 7, 1) * 7
    return np.where((index < 0) | (index >= source_days), index % weeks, index) % source_days


def read_profiles(settings: SimulationSettings) -> ProfileLibrary:
    """Return the library the settings name.

    Raises:
        ProfilesMissing: no file is given and simbench is not installed.
        ProfileFileUnfit: the file lacks a column, or has an interval that cannot be used.
    """
    if settings.profiles is None:
        return _read_simbench(interval_minutes=settings.interval_minutes)
    return _read_homes(path=settings.profiles, settings=settings)


def has_simbench() -> bool:
    """Return whether simbench's data files are installed (the package itself is never imported)."""
    return find_spec("simbench") is not None


def _read_simbench(*, interval_minutes: int) -> ProfileLibrary:
    spec = find_spec("simbench")
    if spec is None or not spec.submodule_search_locations:
        raise ProfilesMissing(source="simbench")
    path = Path(spec.submodule_search_locations[0], _SIMBENCH_FOLDER, "LoadProfile.csv")
    if not path.is_file():
        raise ProfilesMissing(source=str(path))
    names = [f"{name}_pload" for group in _SIMBENCH_GROUPS.values() for name in group]
    table = pcsv.read_csv(
        path,
        parse_options=pcsv.ParseOptions(delimiter=";"),
        convert_options=pcsv.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.float32())),
    )
    # 2016 is a leap year: 366 days of 96 quarter hours.
    days = table.num_rows // 96
    groups: dict[str, Profiles] = {}
    for group, members in _SIMBENCH_GROUPS.items():
        stacked = np.stack(
            [table.column(f"{name}_pload").to_numpy()[: days * 96].reshape(days, 96) for name in members]
        )
        groups[group] = _scale_to_mean_one(_to_interval(np.maximum(stacked, 0.0), interval_minutes=interval_minutes))
    return ProfileLibrary(groups=groups, first_on=date(2016, 1, 1))


def _to_interval(quarter_hours: Profiles, *, interval_minutes: int) -> Profiles:
    if interval_minutes == 15:
        return quarter_hours
    profiles, days, slots = quarter_hours.shape
    return np.asarray(quarter_hours.reshape(profiles, days, slots // 2, 2).mean(axis=3), dtype=np.float32)


def _scale_to_mean_one(profiles: Profiles) -> Profiles:
    mean = profiles.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    return np.asarray(profiles / np.maximum(mean, 1e-9), dtype=np.float32)


def _read_homes(*, path: Path, settings: SimulationSettings) -> ProfileLibrary:
    if not path.is_file():
        raise ProfilesMissing(source=str(path))
    table = pq.read_table(path)
    lacking = {"household_id", "started_at", "energy_kwh"} - set(table.column_names)
    if lacking:
        raise ProfileFileUnfit(path=path, reason=text("simulation.columns_missing", columns=", ".join(sorted(lacking))))
    started = table.column("started_at").to_numpy().astype("datetime64[m]")
    homes, number = np.unique(
        table.column("household_id").to_numpy(zero_copy_only=False).astype(str), return_inverse=True
    )
    first, last = started.min().astype("datetime64[D]"), started.max().astype("datetime64[D]")
    minutes = _find_interval(started, number)
    if minutes not in (15, 30) or (minutes < settings.interval_minutes and minutes != 15):
        raise ProfileFileUnfit(path=path, reason=text("simulation.interval_unfit", minutes=minutes))
    days, slots = int((last - first).astype(int)) + 1, 1440 // minutes
    values = np.full((homes.size, days * slots), np.nan, dtype=np.float32)
    position = ((started - first).astype("timedelta64[m]").astype(np.int64)) // minutes
    values[number, position] = table.column("energy_kwh").to_numpy()
    filled = _fill_gaps(values.reshape(homes.size, days, slots))
    kept = filled[filled.mean(axis=(1, 2)) > 0.0]
    if not kept.size:
        raise ProfileFileUnfit(path=path, reason=text("simulation.no_home_left"))
    return ProfileLibrary(
        groups={"home": _scale_to_mean_one(_fit_interval(kept, minutes=minutes, settings=settings))},
        first_on=first.astype(object),
    )


def _find_interval(started: npt.NDArray[np.datetime64], number: npt.NDArray[np.int64]) -> int:
    one = np.sort(started[number == number[0]])
    return int(np.median(np.diff(one).astype(np.int64))) if one.size > 1 else 0


def _fill_gaps(values: Profiles) -> Profiles:
    """Fill what a home did not report with its own mean for the slot; a home with less than 60 % of its year goes."""
    complete = values[np.isfinite(values).mean(axis=(1, 2)) >= 0.6]
    known = np.isfinite(complete)
    by_slot = np.where(known, complete, 0.0).sum(axis=1, keepdims=True) / np.maximum(
        known.sum(axis=1, keepdims=True), 1
    )
    return np.asarray(np.where(known, complete, by_slot), dtype=np.float32)


def _fit_interval(values: Profiles, *, minutes: int, settings: SimulationSettings) -> Profiles:
    if minutes == settings.interval_minutes:
        return values
    if minutes == 15:
        return _to_interval(values, interval_minutes=30)
    if not settings.split_to_15:
        return np.repeat(values, 2, axis=2)
    # A half hour is split by a drawn share that leans toward the busier neighbour; its energy stays.
    homes, days, slots = values.shape
    flat = values.reshape(homes, -1)
    before, after = np.roll(flat, 1, axis=1), np.roll(flat, -1, axis=1)
    lean = (after - before) / np.maximum(before + after + 2 * flat, 1e-6)
    drawn = open_stream(seed=settings.seed, purpose="split").normal(0.0, 0.13, size=flat.shape)
    second = np.clip(0.5 + 0.25 * lean + drawn, 0.08, 0.92).astype(np.float32)
    halves = np.stack([flat * (1 - second), flat * second], axis=2) * 2
    return np.asarray(halves.reshape(homes, days, slots * 2), dtype=np.float32)
