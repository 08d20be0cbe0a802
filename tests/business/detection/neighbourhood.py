"""A small neighbourhood drawn for each test: who uses what, what the meters show, what the transformers supplied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.material import Material, prepare_material
from lamplighter.business.detection.rules import find_evidence, rank
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import EVIDENCE, EVIDENCE_SCORE, SUSPICION
from lamplighter.business.line_loss.records import AreaLosses, AreaPeriod
from lamplighter.business.line_loss.tables import AREA_PERIOD
from lamplighter.business.trusted_energy.records import TrustedEnergy

DAYS, SLOTS = 60, 48


@dataclass
class Neighbourhood:
    """True use and what the meters show, to be bent by a test before it is handed over.

    ``true_kwh`` and ``shown_kwh`` have shape (customers, days, slots); ``hangs_on`` is the area a meter really
    hangs on.
    """

    areas: int
    true_kwh: np.ndarray
    shown_kwh: np.ndarray
    hangs_on: np.ndarray
    archive_area: np.ndarray
    tables: dict[str, pa.Table] = field(default_factory=dict)
    channels: dict[str, np.ndarray] = field(default_factory=dict)
    reverse_kwh: np.ndarray | None = None
    archive: dict[str, Sequence[object]] = field(default_factory=dict)

    def steal(self, customer: int, *, share: float, days: slice = slice(None), slots: slice = slice(None)) -> None:
        """Let ``share`` of what a customer uses flow past its meter."""
        self.shown_kwh[customer, days, slots] *= 1.0 - share

    def build(self) -> tuple[AreaBlock, TrustedEnergy, AreaLosses]:
        """Return block, trusted energy and losses; nothing is lost in the lines."""
        count, days, slots = self.shown_kwh.shape
        ground = empty_block(meters=count, days=days, slots=slots, areas=self.areas)
        shown = self.shown_kwh.astype(np.float32)
        archive = ground.archive
        for column, values in {"area_id": [f"A{a}" for a in self.archive_area], **self.archive}.items():
            at = archive.column_names.index(column)
            archive = archive.set_column(at, column, pa.array(list(values), archive.schema.field(column).type))
        customers = pa.table(
            {
                "account_id": [f"C{i:03d}" for i in range(count)],
                "class": ["residential"] * count,
                "contract_kw": [8.0] * count,
                "contract_kva": pa.nulls(count, pa.float64()),
                "opened_on": pa.nulls(count, pa.date32()),
                "closed_on": pa.nulls(count, pa.date32()),
            }
        )
        channels = {"energy_kwh": shown, **self.channels}
        block = replace(
            ground,
            archive=archive,
            area_of=np.repeat(self.archive_area[:, None], days, axis=1).astype(np.int32),
            channels=channels,
            channel_present={name: np.isfinite(values).any(axis=2) for name, values in channels.items()},
            tables={"core_customer": customers, **self.tables},
        )
        reverse_day = np.full((count, days), np.nan) if self.reverse_kwh is None else self.reverse_kwh.sum(axis=2)
        trusted = TrustedEnergy(
            metered_kwh=shown,
            reverse_kwh=self.reverse_kwh,
            quality=np.zeros(shown.shape, np.uint8),
            reason=np.zeros(shown.shape, np.uint8),
            reverse_quality=None,
            reverse_reason=None,
            day_kwh=np.where(np.isnan(shown).all(axis=2), np.nan, np.nansum(shown, axis=2, dtype=np.float64)),
            day_reverse_kwh=reverse_day,
            actual_share=np.isfinite(shown).mean(axis=2, dtype=np.float32),
            estimated_share=np.zeros((count, days), np.float32),
            source=np.ones((count, days), np.int8),
            is_outage=np.zeros((count, days), bool),
            flags=pa.table({}),
            policy_version="test",
        )
        return block, trusted, self._losses(block)

    def _losses(self, block: AreaBlock) -> AreaLosses:
        _, days, slots = self.shown_kwh.shape
        supplied, sold = np.zeros((2, self.areas, days, slots))
        known = np.nan_to_num(self.shown_kwh)
        for customer, (true_area, paper_area) in enumerate(zip(self.hangs_on, self.archive_area, strict=True)):
            supplied[true_area] += self.true_kwh[customer]
            sold[paper_area] += known[customer]
        # The transformer's meter counts a little unevenly: without it every fit would be exact.
        supplied += np.random.default_rng(7).normal(0.0, 0.02, supplied.shape)
        residual = supplied - sold
        total = residual.sum(axis=(1, 2))
        daily = residual.sum(axis=2)
        nothing = np.zeros((self.areas, days))
        period = AreaPeriod(
            day_counts=np.full(self.areas, days, np.int32),
            loss_rate=total / supplied.sum(axis=(1, 2)),
            unexplained_kwh=total,
            unexplained_low_kwh=total - 5.0,
            unexplained_high_kwh=total + 5.0,
            change_at=np.full(self.areas, -1, np.int32),
            change_kwh_per_day=np.full(self.areas, np.nan),
            regression_r2=np.full(self.areas, np.nan),
            signs=np.zeros(self.areas, np.uint32),
        )
        return AreaLosses(
            area_ids=block.area_ids,
            days=block.days,
            first_worked=0,
            supplied_kwh=supplied.sum(axis=2),
            sold_kwh=sold.sum(axis=2),
            loss_kwh=daily,
            technical_kwh=nothing,
            technical_source=nothing.astype(np.int8),
            technical_error_kwh=nothing,
            unexplained_kwh=daily,
            unexplained_low_kwh=daily,
            unexplained_high_kwh=daily,
            coverage=nothing + 1.0,
            estimated_share=nothing,
            reasons=nothing.astype(np.uint32),
            loss_class=nothing.astype(np.int8),
            signs=nothing.astype(np.uint32),
            residual_kwh=residual.astype(np.float32),
            sold_slot_kwh=sold.astype(np.float32),
            technical_slot_kwh=np.zeros(residual.shape, np.float32),
            period=period,
            policy_version="test",
        )

    def material(self, values: Mapping[str, float] | None = None) -> Material:
        """Return what the layers get."""
        block, trusted, losses = self.build()
        settings = default_settings().with_values(values or {})
        return prepare_material(block=block, trusted=trusted, losses=losses, settings=settings)


def draw_use(*, customers: int, days: int = DAYS, slots: int = SLOTS, seed: int = 1) -> np.ndarray:
    """Return the use of ordinary homes: something that always runs, and appliances that come and go at any hour."""
    rng = np.random.default_rng(seed)
    evening = 0.3 + np.exp(-(((np.arange(slots) * 24 / slots - 19.0) / 3.0) ** 2))
    starts = rng.uniform(size=(customers, days, slots)) < 0.12 * evening
    power = rng.uniform(0.2, 0.9, size=starts.shape)
    use = rng.uniform(0.05, 0.12, size=(customers, 1, 1)) * rng.uniform(0.8, 1.2, size=starts.shape)
    flat = (starts * power).reshape(customers, -1)
    for delay, weight in ((0, 0.6), (1, 1.0), (2, 0.7)):
        use += weight * np.roll(flat, delay, axis=1).reshape(use.shape)
    return use


def draw_street(*, customers: int = 20, areas: int = 1, days: int = DAYS, seed: int = 1) -> Neighbourhood:
    """Draw ``areas`` areas of ``customers`` honest homes each."""
    use = draw_use(customers=customers * areas, days=days, seed=seed)
    area = np.repeat(np.arange(areas), customers)
    return Neighbourhood(areas, use, use.copy(), area.copy(), area.copy())


AS_OF, NIGHT = date(2025, 3, 1), datetime(2025, 3, 2, 1)


def fill_lake(path: Path) -> Lake:
    """Make a lake with the list of one street, in which C004's meter shows half."""
    street = draw_street()
    street.steal(4, share=0.5)
    block, trusted, losses = street.build()
    found = find_evidence(block=block, trusted=trusted, losses=losses)
    periods, customers = losses.tables()["out_area_period"], block.tables["core_customer"]
    listed = rank(
        evidence=found["out_evidence"],
        scores=found["out_evidence_score"],
        meters=block.archive,
        customers=customers,
        area_periods=periods,
        company=None,
        as_of=AS_OF,
    )
    made = Lake.open(path)
    results = (
        (EVIDENCE, found["out_evidence"]),
        (EVIDENCE_SCORE, found["out_evidence_score"]),
        (AREA_PERIOD, periods),
        (SUSPICION, listed),
    )
    with made.transaction() as change:
        change.append(CUSTOMER, customers.append_column("name", [["王小明"] * 20]), known_at=NIGHT)
        for contract, table in results:
            change.append_run(contract, table, known_at=NIGHT, days=[AS_OF])
    return made
