"""Read the daily curve of suspect meters beside customers of the same class nearby."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.brief.records import Curve

Floats = npt.NDArray[np.float64]

_LEVEL_SHARE = 3
"""The level curves are scaled to is the mean of the first third of the window: before most onsets."""
_KNOWN_SHARE = 0.7
"""A peer counts when this share of the first third is known."""


def read_curves(
    snapshot: Snapshot, *, meters: list[str], first_on: date, end_on: date, fewest_peers: int
) -> dict[str, Curve]:
    """Return the curve of each meter over ``[first_on, end_on)``; meters without a day are left out.

    Buckets are read one after the other, so that memory does not grow with the number of suspicions.

    Args:
        snapshot: state of the lake.
        meters: suspect meters; none of them counts as another's peer.
        first_on: first day.
        end_on: the day after the last.
        fewest_peers: with fewer comparable customers no band is drawn.
    """
    archive = snapshot.read(
        METER,
        columns=["meter_id", "account_id", "bucket"],
        where=pc.field("meter_id").isin(pa.array(meters, pa.string())),
    ).to_pylist()
    buckets: dict[int, list[str]] = {}
    for row in archive:
        buckets.setdefault(row["bucket"], []).append(row["meter_id"])
    curves: dict[str, Curve] = {}
    for bucket, own in sorted(buckets.items()):
        curves |= _curves_of_bucket(
            snapshot,
            bucket=bucket,
            meters=own,
            suspects=set(meters),
            first_on=first_on,
            end_on=end_on,
            fewest_peers=fewest_peers,
        )
    return curves


def _curves_of_bucket(
    snapshot: Snapshot,
    *,
    bucket: int,
    meters: list[str],
    suspects: set[str],
    first_on: date,
    end_on: date,
    fewest_peers: int,
) -> dict[str, Curve]:
    ids, energy, estimated = _daily(snapshot, bucket=bucket, first_on=first_on, end_on=end_on)
    place = {meter: number for number, meter in enumerate(ids)}
    classes = _classes(snapshot, bucket=bucket)
    curves = {}
    for meter in meters:
        if meter not in place or np.isnan(energy[place[meter]]).all():
            continue
        own = energy[place[meter]]
        alike = [
            number
            for number, other in enumerate(ids)
            if other not in suspects and classes.get(other) is not None and classes.get(other) == classes.get(meter)
        ]
        band, count = peer_band(own=own, peers=energy[alike], fewest=fewest_peers)
        curves[meter] = Curve(
            energy_kwh=_values(own),
            is_estimated=tuple(bool(share > 0.5) for share in estimated[place[meter]]),
            peer_low_kwh=_values(band[0]) if count else (),
            peer_mid_kwh=_values(band[1]) if count else (),
            peer_high_kwh=_values(band[2]) if count else (),
            peer_count=count,
        )
    return curves


def peer_band(*, own: Floats, peers: Floats, fewest: int) -> tuple[Floats, int]:
    """Return the quartiles of comparable customers, each scaled to this customer's level at the start of the window.

    Args:
        own: this customer's kWh a day, shape (D,), NaN where unknown.
        peers: others' kWh a day, shape (P, D).
        fewest: with fewer usable peers there is no band.

    Returns:
        Lower quartile, median and upper quartile, shape (3, D), and the number of peers used; 0 where there is no band.

    Example:
        Two steady peers, the customer at 10 kWh falling to 2: the band stays at 10.

        >>> band, count = peer_band(own=np.array([10.0, 10, 2]), peers=np.array([[4.0, 4, 4], [6, 6, 6]]), fewest=2)
        >>> band[1].tolist(), count
        ([10.0, 10.0, 10.0], 2)
    """
    empty = np.full((3, len(own)), np.nan)
    head = max(1, len(own) // _LEVEL_SHARE)
    level = _mean_known(own[None, :head])[0]
    if len(peers) < fewest or not level > 0:
        return empty, 0
    levels = _mean_known(peers[:, :head])
    usable = (levels > 0) & (np.mean(~np.isnan(peers[:, :head]), axis=1) >= _KNOWN_SHARE)
    if usable.sum() < fewest:
        return empty, 0
    scaled = peers[usable] / levels[usable, None] * level
    known = ~np.isnan(scaled).all(axis=0)
    band = empty.copy()
    band[:, known] = np.nanquantile(scaled[:, known], [0.25, 0.5, 0.75], axis=0)
    return band, int(usable.sum())


def _mean_known(values: Floats) -> Floats:
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    sums: Floats = np.where(known, values, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _daily(snapshot: Snapshot, *, bucket: int, first_on: date, end_on: date) -> tuple[list[str], Floats, Floats]:
    """Return customer meters of a bucket with their daily energy and estimated share, both shape (M, D)."""
    between = (pc.field("on_date") >= pa.scalar(first_on)) & (pc.field("on_date") < pa.scalar(end_on))
    table = snapshot.read(
        TRUSTED_DAY,
        columns=["meter_id", "on_date", "energy_kwh", "estimated_share"],
        months=months_between(first_on, end_on),
        buckets=[bucket],
        where=between & (pc.field("role") == "customer"),
    )
    coded = table["meter_id"].combine_chunks().dictionary_encode()
    ids: list[str] = coded.dictionary.to_pylist()
    shape = (len(ids), (end_on - first_on).days)
    energy, estimated = np.full(shape, np.nan), np.zeros(shape)
    if table.num_rows:
        rows = coded.indices.to_numpy()
        days = table["on_date"].cast(pa.int32()).to_numpy() - (first_on - date(1970, 1, 1)).days
        energy[rows, days] = table["energy_kwh"].to_numpy(zero_copy_only=False)
        estimated[rows, days] = table["estimated_share"].to_numpy(zero_copy_only=False)
    return ids, energy, estimated


def _classes(snapshot: Snapshot, *, bucket: int) -> dict[str, str]:
    """Return the class of the customer behind each meter of a bucket."""
    meters = snapshot.read(METER, columns=["meter_id", "account_id"], where=pc.field("bucket") == bucket)
    accounts = [account for account in meters["account_id"].to_pylist() if account]
    customers = snapshot.read(
        CUSTOMER, columns=["account_id", "class"], where=pc.field("account_id").isin(pa.array(accounts, pa.string()))
    ).to_pylist()
    by_account = {row["account_id"]: row["class"] for row in customers}
    return {
        row["meter_id"]: by_account[row["account_id"]] for row in meters.to_pylist() if row["account_id"] in by_account
    }


def _values(row: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in row)
