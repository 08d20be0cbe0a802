"""Areas drawn by hand: a few meters with a few numbers, as a block and its trusted energy."""

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.business.line_loss.rules import load_thresholds
from lamplighter.business.trusted_energy.records import Source, TrustedEnergy

THRESHOLDS = load_thresholds(on=dt.date(2025, 6, 1))

FLAGS = pa.schema(
    [
        ("meter_id", pa.string()),
        ("on_date", pa.date32()),
        ("rule_id", pa.string()),
        ("severity", pa.string()),
    ]
)


@dataclass
class Drawn:
    """One meter. ``kwh`` and ``reverse`` are a day's energy, spread evenly, or an array (days, slots); None =
    unknown.
    """

    role: str
    kwh: float | npt.NDArray[np.floating] | None
    reverse: float | npt.NDArray[np.floating] | None = None
    area: int | list[int] = 0
    multiplier: float = 1.0
    phase: str = "A"
    node: str | None = None
    source: Source = Source.INTERVAL
    actual: float = 1.0
    live: bool = True
    voltage: float = 220.0


@dataclass
class Drawing:
    """A block and its trusted energy."""

    block: AreaBlock
    trusted: TrustedEnergy
    meters: list[Drawn] = field(default_factory=list)


def draw(
    meters: list[Drawn],
    *,
    days: int = 1,
    slots: int = 24,
    areas: int = 1,
    lines: list[tuple[str, str, str, float]] | None = None,
    flags: list[tuple[str, int, str, str]] = (),  # type: ignore[assignment]
    rated_kva: float | None = None,
    first_worked: int = 0,
) -> Drawing:
    """Return block and trusted energy of some meters.

    Args:
        lines: (area, from, to, ohm) of each piece.
        flags: (meter, day, rule, severity).
    """
    block = empty_block(meters=len(meters), days=days, slots=slots, areas=areas, first_worked=first_worked)
    metered, day_kwh = _spread([meter.kwh for meter in meters], days, slots)
    reverse, day_reverse = _spread([meter.reverse for meter in meters], days, slots)
    multipliers = np.array([meter.multiplier for meter in meters])
    area_of = np.array([np.broadcast_to(meter.area, days) for meter in meters], np.int32)
    replaced = {
        "role": [meter.role for meter in meters],
        "phase": [meter.phase for meter in meters],
        "node_id": [meter.node for meter in meters],
        "rated_voltage_v": [meter.voltage for meter in meters],
    }
    archive = block.archive
    for name, values in replaced.items():
        place = archive.column_names.index(name)
        archive = archive.set_column(place, name, pa.array(values, archive.schema.field(name).type))
    tables = {
        "core_line": pa.table(
            {
                "area_id": pa.array([line[0] for line in lines or []], pa.string()),
                "from_node": pa.array([line[1] for line in lines or []], pa.string()),
                "to_node": pa.array([line[2] for line in lines or []], pa.string()),
                "length_m": pa.array([1000.0] * len(lines or []), pa.float64()),
                "ohm_per_km": pa.array([line[3] for line in lines or []], pa.float64()),
            }
        ),
        "core_area": pa.table(
            {"area_id": block.area_ids.tolist(), "rated_kva": pa.array([rated_kva] * areas, pa.float64())}
        ),
    }
    known = np.isfinite(day_kwh)
    sources = np.where(known, np.array([meter.source for meter in meters])[:, None], Source.NONE).astype(np.int8)
    actual = np.where(known, np.array([meter.actual for meter in meters])[:, None], 0.0).astype(np.float32)
    trusted = TrustedEnergy(
        metered_kwh=metered,
        reverse_kwh=reverse if np.isfinite(reverse).any() else None,
        quality=np.zeros(metered.shape, np.uint8),
        reason=np.zeros(metered.shape, np.uint8),
        reverse_quality=None,
        reverse_reason=None,
        day_kwh=day_kwh * multipliers[:, None],
        day_reverse_kwh=day_reverse * multipliers[:, None],
        actual_share=actual,
        estimated_share=1 - actual,
        source=sources,
        is_outage=np.zeros(day_kwh.shape, bool),
        flags=pa.table(
            {
                "meter_id": [f"M{meter:03d}" for meter, _, _, _ in flags],
                "on_date": [(block.days[day]).astype(object) for _, day, _, _ in flags],
                "rule_id": [rule for _, _, rule, _ in flags],
                "severity": [severity for _, _, _, severity in flags],
            },
            schema=FLAGS,
        ),
        policy_version="drawn",
    )
    drawn = dataclasses.replace(
        block,
        archive=archive,
        multipliers=multipliers,
        area_of=area_of,
        is_live=np.array([[meter.live] * days for meter in meters]),
        channels={"energy_kwh": metered},
        tables=tables,
    )
    return Drawing(drawn, trusted, meters)


def _spread(given: list[object], days: int, slots: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    curves = np.full((len(given), days, slots), np.nan, np.float32)
    sums = np.full((len(given), days), np.nan)
    for place, values in enumerate(given):
        if values is None:
            continue
        if np.ndim(values) == 0:
            curves[place] = float(values) / slots  # type: ignore[arg-type]
            sums[place] = float(values)  # type: ignore[arg-type]
        else:
            curves[place] = values
            sums[place] = np.asarray(values, np.float64).sum(axis=1)
    return curves, sums
