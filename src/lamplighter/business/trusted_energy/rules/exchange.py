"""The day of an exchange, an installation or a removal: whose slot is it (E-09)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Cause, Method, Quality
from lamplighter.business.trusted_energy.rules.archive import Exchange
from lamplighter.business.trusted_energy.rules.filling import Ground

_CODE = 16 * Cause.NOT_RECEIVED + Method.EXCHANGE


def predecessors(
    block: AreaBlock, found: tuple[Exchange, ...]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the meter each took over from (-1 for none) and what turns its kWh into the successor's, both (M,)."""
    before = np.full(len(block.meter_ids), -1, np.int32)
    factor = np.ones(len(block.meter_ids))
    for exchange in found:
        before[exchange.new] = exchange.old
        factor[exchange.new] = block.multipliers[exchange.old] / block.multipliers[exchange.new]
    return before, factor


def handed_over_days(block: AreaBlock, found: tuple[Exchange, ...]) -> npt.NDArray[np.bool_]:
    """Return the days on which a meter the archive counts as gone still sent what its successor takes over, (M, D)."""
    days = np.zeros(block.is_live.shape, bool)
    for exchange in found:
        days[exchange.old, exchange.day] = not block.is_live[exchange.old, exchange.day]
    return days


def share_exchange_days(
    block: AreaBlock,
    ground: Ground,
    found: tuple[Exchange, ...],
    *,
    channel: str,
    policy: Policy,
    open_days: npt.NDArray[np.bool_],
) -> None:
    """Give each slot of an exchange day to one meter, in place.

    Slots before the new meter's first value are the old one's, those after the old one's last value the new one's.
    Where the archive counts the day to the new meter alone, the new one takes over what the old one measured. A short
    hole between them gets the mean of its two neighbours, on the new meter; a longer one is left to be estimated
    there. A meter that replaces none brings nothing before its first value, one that is not replaced nothing after its
    last.
    """
    if not policy.is_on("E-09"):
        return
    longest = policy.whole("E-09.max_minutes") // block.interval_minutes
    for exchange in found:
        if open_days[exchange.new, exchange.day]:
            _share(block, ground, exchange, channel, longest)
    first_days, last_days = (
        np.argmax(block.is_live, axis=1),
        block.is_live.shape[1] - 1 - np.argmax(block.is_live[:, ::-1], axis=1),
    )
    replaced, replacing = {exchange.old for exchange in found}, {exchange.new for exchange in found}
    for m in np.flatnonzero(block.is_live.any(axis=1) & ~block.is_live.all(axis=1)).tolist():
        first, last = int(first_days[m]), int(last_days[m])
        if first > 0 and m not in replacing and open_days[m, first]:
            known = _known(ground, m, first)
            if len(known):
                _give(ground, m, first, 0, int(known[0]), 0.0)
        if last < block.is_live.shape[1] - 1 and m not in replaced and open_days[m, last]:
            known = _known(ground, m, last)
            if len(known):
                _give(ground, m, last, int(known[-1]) + 1, int(block.slot_counts[last]), 0.0)


def _share(block: AreaBlock, ground: Ground, exchange: Exchange, channel: str, longest: int) -> None:
    old, new, d = exchange.old, exchange.new, exchange.day
    known_new = _known(ground, new, d)
    if not len(known_new):
        return
    begins, count = int(known_new[0]), int(block.slot_counts[d])
    # What the old one sent, also when the archive counts it as gone.
    morning = block.channels[channel][old, d, :begins].astype(np.float64)
    known_old = np.flatnonzero(morning >= 0)
    ends = int(known_old[-1]) + 1 if len(known_old) else 0
    factor = float(ground.predecessor_factor[new])
    if block.is_live[old, d]:
        if not len(known_old):
            # Nobody knows when the exchange was: the morning is the old meter's, to be estimated there.
            _give(ground, new, d, 0, begins, 0.0)
            _give(ground, old, d, begins, count, 0.0)
            return
        _give(ground, new, d, 0, ends, 0.0)
        _give(ground, old, d, ends, count, 0.0)
    else:
        for slot in known_old.tolist():
            _give(ground, new, d, slot, slot + 1, morning[slot] * factor, quality=Quality.SUBSTITUTED)
    if len(known_old) and 0 < begins - ends <= longest:
        between = (morning[ends - 1] * factor + float(ground.values[new, d, begins])) / 2
        _give(ground, new, d, ends, begins, between)


def _known(ground: Ground, m: int, d: int) -> npt.NDArray[np.intp]:
    return np.flatnonzero(~np.isnan(ground.values[m, d, : ground.slot_counts[d]]))


def _give(
    ground: Ground, m: int, d: int, start: int, stop: int, value: float, *, quality: Quality = Quality.ESTIMATED
) -> None:
    empty = start + np.flatnonzero(np.isnan(ground.values[m, d, start:stop]))
    ground.values[m, d, empty] = value
    ground.quality[m, d, empty] = quality
    ground.reason[m, d, empty] = _CODE
