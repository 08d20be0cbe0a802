"""The whole company: organisation, feeders in parallel, one folder of data and one of truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from multiprocessing import get_context
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.simulation.calendar import draw_weather, make_calendar
from lamplighter.simulation.feeder import FeederResult, run_feeder
from lamplighter.simulation.folder import GrowingFile, build_table
from lamplighter.simulation.organisation import Organisation, county_id, draw_outlines, make_organisation, station_id
from lamplighter.simulation.people import read_population
from lamplighter.simulation.profiles import ProfileLibrary, read_profiles
from lamplighter.simulation.schemas import COMPANY, TRUTH
from lamplighter.simulation.service_calls import CALLS_A_DAY
from lamplighter.simulation.service_exchange import Post, simulate_legs
from lamplighter.simulation.settings import SimulationSettings

_TIMEZONE: Final = "Asia/Shanghai"
_HOTLINE: Final = "95598"
_STATION_QUEUE: Final = "供电所热线"


class FolderNotEmpty(LamplighterError):
    """The folder to write to holds files already."""

    def __init__(self, folder: Path, *, count: int) -> None:
        self.folder, self.count = folder, count
        super().__init__(text("simulation.folder_not_empty", folder=str(folder), count=count))


class FoldersOverlap(LamplighterError):
    """The truth would lie where the analysis reads, or the other way round."""

    def __init__(self, *, folder: Path, truth: Path) -> None:
        self.folder, self.truth = folder, truth
        super().__init__(text("simulation.folders_overlap", folder=str(folder), truth=str(truth)))


@dataclass(frozen=True, kw_only=True)
class SimulationSummary:
    """What was written: counts for the reader, not the truth."""

    folder: Path
    areas: int
    feeders: int
    customers: int
    meters: int
    interval_rows: int
    readings: int


def simulate_company(
    *,
    folder: Path,
    truth: Path,
    settings: SimulationSettings,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationSummary:
    """Write a whole company into ``folder`` and what truly happened into ``truth``.

    Args:
        folder: company folder to write; absent or empty.
        truth: folder for the truth; absent or empty, and neither inside the other.
        settings: the knobs.
        progress: called with areas done and areas in all, after each feeder.

    Returns:
        What was written.

    Raises:
        FolderNotEmpty: one of the folders holds files.
        FoldersOverlap: one folder lies inside the other.
        ProfilesMissing, ProfileFileUnfit: there is nothing to build loads from.
    """
    _prepare(folder=folder, truth=truth)
    organisation = make_organisation(settings)
    library = read_profiles(settings)
    _write_head(folder=folder, organisation=organisation, settings=settings)
    company = {
        name: GrowingFile(folder=folder, name=name, schema=schema, file_format=settings.file_format)
        for name, schema in COMPANY.items()
        if name not in ("units", "weather", "calls")
    }
    hidden = {
        name: GrowingFile(folder=truth, name=name, schema=schema, file_format="parquet")
        for name, schema in TRUTH.items()
    }
    customers = interval_rows = readings = areas = 0
    try:
        for result in _run_feeders(folder=folder, library=library, settings=settings):
            for files, tables in ((company, result.company), (hidden, result.truth)):
                for name, table in tables.items():
                    files[name].append(table)
            customers += result.customers
            interval_rows, readings = interval_rows + result.interval_rows, readings + result.readings
            areas = min(areas + settings.areas_per_feeder, settings.areas)
            if progress is not None:
                progress(areas, settings.areas)
    finally:
        for file in (*company.values(), *hidden.values()):
            file.close()
    return SimulationSummary(
        folder=folder,
        areas=settings.areas,
        feeders=settings.feeders,
        customers=customers,
        meters=company["meters"].rows,
        interval_rows=interval_rows,
        readings=readings,
    )


def _prepare(*, folder: Path, truth: Path) -> None:
    here, there = folder.resolve(), truth.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise FoldersOverlap(folder=folder, truth=truth)
    for one in (folder, truth):
        one.mkdir(parents=True, exist_ok=True)
        count = sum(1 for _ in one.iterdir())
        if count:
            raise FolderNotEmpty(one, count=count)
    (folder / "interval").mkdir()


def _write_head(*, folder: Path, organisation: Organisation, settings: SimulationSettings) -> None:
    prices = read_population()["price_yuan_per_kwh"]
    lines = [
        f'name = "{organisation.units[0].name}电力公司（模拟）"',
        f'timezone = "{_TIMEZONE}"',
        f"interval_minutes = {settings.interval_minutes}",
        "",
        "[price_yuan_per_kwh]",
        *(f"{name} = {price}" for name, price in prices.items()),
        "",
    ]
    (folder / "company.toml").write_text("\n".join(lines), encoding="utf-8")
    outlines = json.dumps(draw_outlines(organisation), ensure_ascii=False, separators=(",", ":"))
    (folder / "units.geojson").write_text(outlines, encoding="utf-8")
    prices = resources.files("lamplighter.simulation").joinpath("data", "tariffs.toml").read_text(encoding="utf-8")
    (folder / "tariffs.toml").write_text(prices, encoding="utf-8")
    units = [
        {"unit_id": u.unit_id, "parent_id": u.parent_id, "level": u.level, "name": u.name} for u in organisation.units
    ]
    whole: Mapping[str, Sequence[Mapping[str, object]]] = {
        "units": units,
        "weather": list(_list_weather(organisation, settings=settings)),
        "calls": list(_list_calls(organisation, settings=settings)),
    }
    for name, rows in whole.items():
        file = GrowingFile(folder=folder, name=name, schema=COMPANY[name], file_format=settings.file_format)
        file.append(build_table(schema=COMPANY[name], rows=rows))
        file.close()


def _list_weather(organisation: Organisation, *, settings: SimulationSettings) -> Iterator[dict[str, object]]:
    calendar = make_calendar(start_on=settings.start_on, days=settings.days)
    for county in range(organisation.counties):
        weather = draw_weather(calendar=calendar, seed=settings.seed, county=county)
        for k, day in enumerate(calendar.days):
            yield {
                "place": county_id(county),
                "on_date": day,
                "mean_c": float(weather.mean_c[k]),
                "min_c": float(weather.min_c[k]),
                "max_c": float(weather.max_c[k]),
            }


def _list_calls(organisation: Organisation, *, settings: SimulationSettings) -> Iterator[dict[str, object]]:
    """Yield what the exchange tells: two agents of the first station, two of the next in its county, the hotline."""
    first = [station for station in range(organisation.stations) if organisation.county_of_station(station) == 0][:2]
    posts = [Post(station_id(station), _STATION_QUEUE) for station in first for _ in range(2)]
    yield from simulate_legs(
        posts=[*posts, Post(organisation.units[0].unit_id, _HOTLINE)],
        start_on=settings.start_on,
        days=settings.days,
        a_day=CALLS_A_DAY,
        zone=ZoneInfo(_TIMEZONE),
        seed=settings.seed,
    )


_library: ProfileLibrary | None = None


def _start_worker(settings: SimulationSettings) -> None:
    global _library  # each worker process reads the profiles once
    pa.set_cpu_count(1)
    _library = read_profiles(settings)


def _run_in_worker(number: int, folder: Path, settings: SimulationSettings) -> FeederResult:
    assert _library is not None
    return run_feeder(number=number, folder=folder, library=_library, settings=settings)


def _run_feeders(*, folder: Path, library: ProfileLibrary, settings: SimulationSettings) -> Iterator[FeederResult]:
    """Yield the feeders in their order; no more than two for each process are under way or waiting."""
    if settings.processes == 1 or settings.feeders == 1:
        for number in range(settings.feeders):
            yield run_feeder(number=number, folder=folder, library=library, settings=settings)
        return
    with ProcessPoolExecutor(
        settings.processes, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(settings,)
    ) as pool:
        waiting: list[Future[FeederResult]] = []
        for number in range(settings.feeders):
            waiting.append(pool.submit(_run_in_worker, number, folder, settings))
            if len(waiting) >= 2 * settings.processes:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
