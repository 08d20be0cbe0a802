"""The small simulated company, imported once; each test gets a lake of its own."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from benchmarks.tiling import tile_company

from lamplighter.base.lake import Lake
from lamplighter.journeys.company_import import import_company
from lamplighter.simulation import SimulationSummary
from tests.simulation.conftest import invented_homes, simulate, small_company, small_settings

__all__ = ["invented_homes", "simulate", "small_company", "small_settings"]

IMPORTED_AT = dt.datetime(2025, 3, 1)


@pytest.fixture(scope="session")
def imported_lake(small_company: SimulationSummary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds the company and no night."""
    root = tmp_path_factory.mktemp("imported") / "lake"
    import_company(folder=small_company.folder, lake=Lake.open(root), now=IMPORTED_AT)
    return root


@pytest.fixture
def lake(imported_lake: Path, tmp_path: Path) -> Lake:
    """A copy of the imported lake."""
    shutil.copytree(imported_lake, tmp_path / "lake")
    return Lake.open(tmp_path / "lake")


@pytest.fixture(scope="session")
def tiled_lake(imported_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the company side by side, so that a night has buckets to share out; no night was worked."""
    root = tmp_path_factory.mktemp("tiled") / "lake"
    tile_company(source=Lake.open(imported_lake), into=root, copies=3)
    return root


@pytest.fixture
def two_lakes(tiled_lake: Path, tmp_path: Path) -> tuple[Lake, Lake]:
    """Two copies of the tiled lake."""
    for name in ("one", "other"):
        shutil.copytree(tiled_lake, tmp_path / name)
    return Lake.open(tmp_path / "one"), Lake.open(tmp_path / "other")
