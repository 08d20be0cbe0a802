"""What entered and what left each area, by day and by slot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.records import Term
from lamplighter.business.trusted_energy.records import Source, TrustedEnergy

Floats = npt.NDArray[np.float64]


class Role(IntEnum):
    """Use of a meter, as the kernels read it."""

    CUSTOMER = 0
    SUPPLY = 1
    SOLAR = 2
    FEEDER = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of each area. Axes: A areas, D days, T :class:`Term`, S slots; kWh after the multiplier.

    Attributes:
        terms: sums of known energies, shape (A, D, T).
        supply_meters, customer_meters, solar_meters: live meters, shape (A, D).
        supply_unknown, customer_unknown, solar_unknown: of these without a known day, shape (A, D).
        read_weight: sum over live customer and solar meters of how far their day was read, shape (A, D).
        read_kwh: energy behind ``read_weight``, and ``taken_kwh`` all energy of these meters, shape (A, D).
        supply_read: how far the least read supply meter was read, 0 to 1, shape (A, D); 1 where there is none.
        estimated_kwh: estimated energy on the sold side, shape (A, D).
        estimated_square: sum of its squares by meter, shape (A, D).
        customer_square: sum of squares of the customers' energies, shape (A, D).
        residual_kwh, sold_slot_kwh: float32, shape (A, D, S); NaN where a side is not known.
    """

    terms: Floats
    supply_meters: npt.NDArray[np.int32]
    customer_meters: npt.NDArray[np.int32]
    solar_meters: npt.NDArray[np.int32]
    supply_unknown: npt.NDArray[np.int32]
    customer_unknown: npt.NDArray[np.int32]
    solar_unknown: npt.NDArray[np.int32]
    read_weight: Floats
    read_kwh: Floats
    taken_kwh: Floats
    supply_read: Floats
    estimated_kwh: Floats
    estimated_square: Floats
    customer_square: Floats
    residual_kwh: npt.NDArray[np.float32]
    sold_slot_kwh: npt.NDArray[np.float32]

    @property
    def supplied_kwh(self) -> Floats:
        """Supply meter forward + solar export + customers' export, shape (A, D); NaN without a known supply meter."""
        known = (self.supply_meters > 0) & (self.supply_unknown == 0)
        sums: Floats = self.terms[:, :, : Term.CUSTOMER_IMPORT].sum(axis=2)
        return np.where(known, sums, np.nan)

    @property
    def sold_kwh(self) -> Floats:
        """Customers + solar meters' own import + reverse of the supply meter, shape (A, D); NaN without a customer."""
        sums: Floats = self.terms[:, :, Term.CUSTOMER_IMPORT :].sum(axis=2)
        return np.where(self.customer_meters > 0, sums, np.nan)


def role_codes(block: AreaBlock) -> npt.NDArray[np.int8]:
    """Return :class:`Role` of each meter, shape (M,)."""
    words = {role.name.lower(): role for role in Role}
    return np.array([words.get(word, Role.OTHER) for word in block.strings("role")], np.int8)


def measures_both_ways(*, roles: npt.NDArray[np.int8], day_reverse_kwh: Floats) -> npt.NDArray[np.bool_]:
    """Return which meters give their export in the reverse register, shape (M,).

    A solar meter that never shows a reverse reading counts one way only: what it meters *is* what was fed in. One
        that does is a
    two-way meter: its forward reading is the plant's own use.
    """
    both: npt.NDArray[np.bool_] = (roles != Role.SOLAR) | np.isfinite(day_reverse_kwh).any(axis=1)
    return both


def balance_areas(*, block: AreaBlock, trusted: TrustedEnergy) -> Balance:
    """Sum the trusted energy of each area by day and by slot.

    Args:
        block: archive and assignment: a meter counts for the area it hung on that day.
        trusted: energies; NaN = unknown. Register days without a curve count by day and leave their slots unknown.

    Returns:
        All sums in float64, slots stored as float32.

    Source:
        LL-2: in = master forward + solar export + other injections; out = users + master reverse.
    """
    areas, (_, days, slots) = len(block.area_ids), block.shape
    roles = role_codes(block)
    both_ways = measures_both_ways(roles=roles, day_reverse_kwh=trusted.day_reverse_kwh)
    read = read_shares(trusted)
    floats = np.zeros((8, areas, days))
    floats[4] = 1.0
    counts = np.zeros((6, areas, days), np.int32)
    terms = np.zeros((areas, days, len(Term)))
    _sum_days(
        roles,
        both_ways,
        block.area_of,
        block.is_live,
        trusted.day_kwh,
        trusted.day_reverse_kwh,
        read,
        terms,
        counts,
        floats,
    )
    supply_slots = np.zeros((areas, days, slots))
    sold_slots = np.zeros((areas, days, slots))
    gaps = np.zeros((areas, days, slots), np.int16)
    reverse = trusted.reverse_kwh if trusted.reverse_kwh is not None else np.empty((0, 0, 0), np.float32)
    _sum_slots(
        roles,
        both_ways,
        block.area_of,
        block.is_live,
        block.multipliers,
        trusted.metered_kwh,
        reverse,
        supply_slots,
        sold_slots,
        gaps,
    )
    known = (gaps == 0) & (counts[0] > 0)[:, :, None]
    return Balance(
        terms=terms,
        supply_meters=counts[0],
        customer_meters=counts[1],
        solar_meters=counts[2],
        supply_unknown=counts[3],
        customer_unknown=counts[4],
        solar_unknown=counts[5],
        read_weight=floats[0],
        read_kwh=floats[1],
        taken_kwh=floats[2],
        supply_read=floats[4],
        estimated_kwh=floats[5],
        estimated_square=floats[6],
        customer_square=floats[7],
        residual_kwh=np.where(known, supply_slots - sold_slots, np.nan).astype(np.float32),
        sold_slot_kwh=np.where(gaps == 0, sold_slots, np.nan).astype(np.float32),
    )


def read_shares(trusted: TrustedEnergy) -> Floats:
    """Return how far each meter's day was really read, 0 to 1, shape (M, D).

    A register difference is a reading of the whole day; a day of curves counts by its measured slots; an estimated
    day not at all.
    """
    share = np.where(trusted.source == Source.INTERVAL, trusted.actual_share, 0.0).astype(np.float64)
    share[trusted.source == Source.REGISTER] = 1.0
    # Without supply nothing can be read and nothing flows: the zero is known.
    share[trusted.is_outage & (trusted.source != Source.NONE)] = 1.0
    return share


@njit(cache=True, nogil=True)
def _sum_days(  # type: ignore[no-untyped-def]
    roles, both_ways, area_of, is_live, day_kwh, reverse_kwh, read, terms, counts, floats
):  # fmt: skip
    meters, days = day_kwh.shape
    for m in range(meters):
        role = roles[m]
        if role > 2:
            continue
        for d in range(days):
            a = area_of[m, d]
            if a < 0:
                continue
            forward, backward = day_kwh[m, d], reverse_kwh[m, d]
            if not is_live[m, d] and not (forward > 0.0 or backward > 0.0):
                continue
            unknown = np.isnan(forward)
            if np.isnan(backward):
                backward = 0.0
            if role == 1:
                counts[0, a, d] += 1
                if unknown:
                    counts[3, a, d] += 1
                    continue
                floats[4, a, d] = min(floats[4, a, d], read[m, d])
                terms[a, d, 0] += forward
                terms[a, d, 5] += backward
                continue
            floats[3, a, d] += 1.0
            floats[0, a, d] += read[m, d]
            if role == 0:
                counts[1, a, d] += 1
                if unknown:
                    counts[4, a, d] += 1
                    continue
                terms[a, d, 3] += forward
                terms[a, d, 2] += backward
                floats[7, a, d] += forward * forward
            else:
                counts[2, a, d] += 1
                if unknown:
                    counts[5, a, d] += 1
                    continue
                if both_ways[m]:
                    terms[a, d, 4] += forward
                    terms[a, d, 1] += backward
                else:
                    terms[a, d, 1] += forward
            moved = forward + backward
            guessed = (1.0 - read[m, d]) * moved
            floats[1, a, d] += read[m, d] * moved
            floats[2, a, d] += moved
            floats[5, a, d] += guessed
            floats[6, a, d] += guessed * guessed


@njit(cache=True, nogil=True)
def _sum_slots(  # type: ignore[no-untyped-def]
    roles, both_ways, area_of, is_live, multipliers, metered, reverse, supplied, sold, gaps
):  # fmt: skip
    meters, days, slots = metered.shape
    has_reverse = reverse.shape[0] == meters
    for m in range(meters):
        role = roles[m]
        if role > 2:
            continue
        factor = multipliers[m]
        enters = role == 1 or (role == 2 and not both_ways[m])
        for d in range(days):
            a = area_of[m, d]
            if a < 0:
                continue
            live = is_live[m, d]
            for s in range(slots):
                value = metered[m, d, s]
                if np.isnan(value):
                    if live:
                        gaps[a, d, s] += 1
                elif enters:
                    supplied[a, d, s] += value * factor
                else:
                    sold[a, d, s] += value * factor
            if has_reverse:
                for s in range(slots):
                    value = reverse[m, d, s]
                    if not np.isnan(value):
                        if role == 1:
                            sold[a, d, s] += value * factor
                        else:
                            supplied[a, d, s] += value * factor
