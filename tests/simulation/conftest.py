"""A small company made from invented homes, so that most tests need neither SimBench nor real data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplighter.simulation import SimulationSettings, SimulationSummary, simulate_company

HOMES, PROFILE_DAYS = 6, 28


@pytest.fixture(scope="session")
def invented_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of half-hourly homes: an evening bump of their own hour over a base, four weeks from a Monday."""
    rng = np.random.default_rng(11)
    hours = np.arange(48) / 2
    frames = []
    for home in range(HOMES):
        bump = np.exp(-0.5 * ((hours - 17 - home / 2) / 1.5) ** 2)
        kwh = (0.05 + 0.4 * bump)[None, :] * rng.uniform(0.6, 1.4, (PROFILE_DAYS, 48))
        started = np.datetime64("2024-01-01T00:00") + np.arange(PROFILE_DAYS * 48) * np.timedelta64(30, "m")
        frames.append(
            pa.table(
                {
                    "household_id": [f"H{home}"] * started.size,
                    "started_at": pa.array(started.astype("datetime64[ns]")),
                    "energy_kwh": pa.array(kwh.ravel().astype(np.float32)),
                }
            )
        )
    path = tmp_path_factory.mktemp("profiles") / "homes.parquet"
    pq.write_table(pa.concat_tables(frames), path)
    return path


@pytest.fixture(scope="session")
def small_settings(invented_homes: Path) -> SimulationSettings:
    """Three areas on two feeders for ten days over a month's end, with many thieves."""
    return SimulationSettings(
        seed=4,
        areas=3,
        areas_per_feeder=2,
        customers_per_area=(12, 20),
        start_on=date(2025, 1, 27),
        days=10,
        theft_rate=0.2,
        profiles=invented_homes,
        processes=1,
    )


@pytest.fixture(scope="session")
def simulate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[SimulationSettings], SimulationSummary]:
    """Simulate into a new folder; the truth lies in ``truth`` beside the summary's folder."""

    def run(settings: SimulationSettings) -> SimulationSummary:
        root = tmp_path_factory.mktemp("company")
        return simulate_company(folder=root / "company", truth=root / "truth", settings=settings)

    return run


@pytest.fixture(scope="session")
def small_company(
    simulate: Callable[[SimulationSettings], SimulationSummary], small_settings: SimulationSettings
) -> SimulationSummary:
    """The company of ``small_settings``."""
    return simulate(replace(small_settings))
