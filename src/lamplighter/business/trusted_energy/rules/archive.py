"""What a meter can pass and whom it replaced, and where archive and readings do not fit (V-19, V-20)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.rules.findings import Finding

_LINE_VOLTAGE_FROM_V = 300.0


def capability_kw(block: AreaBlock) -> npt.NDArray[np.float64]:
    """Return the power each meter can pass, before the multiplier; infinite where its nameplate is not in the archive.

    ``Un * Imax`` for one phase, three times that for three phases and four wires, the square root of three times for
    three wires; a four-wire meter whose rated voltage is a line voltage counts with that root as well.

    Returns:
        kW, shape (M,).

    Example:
        >>> from lamplighter.base.engine.block import empty_block
        >>> capability_kw(empty_block(meters=1, days=1)).tolist()
        [13.2]
    """
    volts, amperes = block.numbers("rated_voltage_v"), block.numbers("max_current_a")
    wiring = block.strings("wiring")
    four_wires = np.where(volts > _LINE_VOLTAGE_FROM_V, np.sqrt(3.0), 3.0)
    phases = np.select([wiring == "3P3W", wiring == "3P4W"], [np.sqrt(3.0), four_wires], 1.0)
    power = phases * volts * amperes / 1000.0
    return np.where(np.isfinite(power) & (power > 0), power, np.inf)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A meter that took over from another.

    Attributes:
        old: index of the meter removed; ``new`` of the one installed.
        day: index of the day on which both were in place, or the new one's first.
    """

    old: int
    new: int
    day: int


def exchanges(block: AreaBlock) -> tuple[Exchange, ...]:
    """Return the exchanges within the block: same account, same role, the old one removed when the new one came.

    An archive may count the day of the exchange to the old meter or not: its first day without the old meter is the new
    one's first day or the day after.
    """
    begins = block.archive.column("installed_on").to_pylist()
    ends = block.archive.column("removed_on").to_pylist()
    accounts, roles = block.strings("account_id"), block.strings("role")
    first, last = block.days[0].item(), block.days[-1].item()
    removed: dict[tuple[str, str], list[int]] = {}
    for m, end in enumerate(ends):
        if end is not None and accounts[m] is not None and first <= end:
            removed.setdefault((accounts[m], roles[m]), []).append(m)
    found = []
    for m, begin in enumerate(begins):
        if begin is None or not first <= begin <= last:
            continue
        for old in removed.get((accounts[m], roles[m]), []):
            if old != m and 0 <= (ends[old] - begin).days <= 1:
                found.append(Exchange(old=old, new=m, day=(begin - first).days))
    return tuple(found)


def archive_findings(block: AreaBlock, policy: Policy, *, day_kwh: npt.NDArray[np.float64]) -> list[Finding]:
    """Return V-19, a multiplier that is not CT times PT, and V-20, use of an account that is closed or not opened.

    Args:
        block: the block.
        policy: thresholds.
        day_kwh: trusted import of each day after the multiplier, shape (M, D).
    """
    ratio = block.numbers("ct_ratio", default=1.0) * block.numbers("pt_ratio", default=1.0)
    deviation = np.abs(block.multipliers / np.where(ratio > 0, ratio, np.nan) - 1.0)
    wrong = deviation > policy.number("V-19.tolerance")
    findings = [
        Finding(
            "V-19",
            "multiplier",
            np.broadcast_to(wrong[:, None], block.is_live.shape) & block.is_live,
            value=block.multipliers[:, None],
            threshold=ratio[:, None],
        )
    ]
    customers = block.tables.get("core_customer")
    if customers is not None and customers.num_rows:
        at = pc.index_in(block.archive.column("account_id"), value_set=customers.column("account_id").combine_chunks())
        opened, closed = (_days_of(customers, name, at) for name in ("opened_on", "closed_on"))
        outside = (block.days[None, :] < opened[:, None]) | (block.days[None, :] >= closed[:, None])
        least = policy.number("V-20.min_kwh")
        used = block.is_live & outside & (day_kwh >= least)
        findings.append(Finding("V-20", "energy_kwh", used, value=day_kwh, threshold=least))
    return findings


def _days_of(customers: pa.Table, name: str, at: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    # NaT compares false with everything: an account without a date is never outside it.
    days = customers.column(name).cast(pa.int32()).cast(pa.int64()).combine_chunks().take(at.combine_chunks())
    numbers = days.fill_null(np.iinfo(np.int64).min).to_numpy(zero_copy_only=False)
    return np.asarray(numbers.view("datetime64[D]"))
