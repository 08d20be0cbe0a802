"""A street with wires: homes on the phases of transformers, and what every meter's voltage then says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from lamplighter.base.lake import Lake
from lamplighter.business.detection.archive_repair import ArchiveRepair, repair_archive
from lamplighter.business.detection.archive_repair.table import proposal_table
from lamplighter.business.detection.map_cleaning import fit_areas
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import ARCHIVE_PROPOSAL
from lamplighter.business.detection.window import Window, open_window
from tests.business.detection.neighbourhood import Neighbourhood, draw_street

LETTERS = np.array(["A", "B", "C"])
PHASES = ("a", "b", "c")
SETTINGS = default_settings()


@dataclass
class Wires:
    """Homes, and behind them one supply meter an area.

    All transformers share the medium voltage, which wanders by volts. Each of their phases moves besides by about 1 V
    of its own load, and each home by about 0.7 V of what it draws itself.
    """

    street: Neighbourhood
    homes: int
    phase: np.ndarray
    archive_phase: np.ndarray
    step_v: float = 0.1
    seed: int = 3

    def build(self) -> Window:
        """Return the window of these homes; voltages are drawn now, so a test bends the wires first."""
        rng = np.random.default_rng(self.seed)
        count, days, slots = self.street.shown_kwh.shape
        areas = self.street.areas
        medium = np.cumsum(rng.normal(0.0, 0.5, days * slots)).reshape(days, slots)
        medium -= medium.mean()
        own = rng.normal(0.0, 1.0, (areas, 3, days, slots))
        volts = np.full((3, count, days, slots), np.nan, np.float32)
        for home in range(self.homes):
            told = 230.0 + medium + own[self.street.hangs_on[home], self.phase[home]]
            volts[0, home] = told + rng.normal(0.0, 0.7, (days, slots))
        for area in range(areas):
            volts[:, self.homes + area] = 231.0 + medium + own[area] + rng.normal(0.0, 0.1, (3, days, slots))
        volts = np.rint(volts / self.step_v) * np.float32(self.step_v)
        channels = {f"voltage_{phase}_v": volts[number] for number, phase in enumerate(PHASES)}
        self.street.channels = {**channels, **self.street.channels}
        self.street.archive = {
            "role": ["customer"] * self.homes + ["supply"] * areas,
            "phase": [*LETTERS[self.archive_phase], *["ABC"] * areas],
            "wiring": ["1P"] * self.homes + ["3P4W"] * areas,
            "account_id": [*[f"C{i:03d}" for i in range(self.homes)], *[None] * areas],
            **self.street.archive,
        }
        block, trusted, losses = self.street.build()
        return open_window(block=block, trusted=trusted, losses=losses, settings=SETTINGS)

    def repair(self) -> ArchiveRepair:
        """Return what repair makes of them."""
        return repair_of(self.build())


def repair_of(window: Window) -> ArchiveRepair:
    """Return what repair makes of a window."""
    return repair_archive(window=window, fits=fit_areas(window=window, settings=SETTINGS), settings=SETTINGS)


NIGHT = datetime(2025, 2, 1, 1)


def fill_lake(path: Path, window: Window, *, on: date) -> Lake:
    """Make a lake with the proposals about a window, as a night leaves them."""
    made = Lake.open(path)
    rows = proposal_table(proposals=repair_of(window).proposals, window=window)
    with made.transaction() as change:
        change.append_run(ARCHIVE_PROPOSAL, rows, known_at=NIGHT, days=[on])
    return made


def draw_wires(*, homes: int = 9, areas: int = 2, days: int = 30, seed: int = 3) -> Wires:
    """Draw ``areas`` areas of ``homes`` homes each, spread over the phases in turn, the archive right about them all.

    Homes come first, then the supply meters: home i of area a is candidate ``a * homes + i``.
    """
    street = draw_street(customers=homes, areas=areas, days=days, seed=seed)
    nothing = np.zeros((areas, *street.true_kwh.shape[1:]))
    ends = np.arange(areas)
    street = replace(
        street,
        true_kwh=np.concatenate([street.true_kwh, nothing]),
        shown_kwh=np.concatenate([street.shown_kwh, nothing]),
        hangs_on=np.concatenate([street.hangs_on, ends]),
        archive_area=np.concatenate([street.archive_area, ends]),
    )
    phase = np.arange(homes * areas) % 3
    return Wires(street, homes * areas, phase, phase.copy(), seed=seed)
