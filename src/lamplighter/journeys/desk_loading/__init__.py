"""The newest night reaches the desk: slim copies of archives, losses and suspicions, in one transaction.

What people wrote stays; a second loading of the same state changes nothing. No page ever reads what a night has not
finished, and no page computes what a night has computed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
from django.db import transaction

from lamplighter.base.desk.bulk import replace_rows, upsert_rows
from lamplighter.base.desk.models import Load, newest_load
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.security.models import Unit
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.customers.queries import CompanyUnknown, read_company
from lamplighter.business.detection.models import ArchiveProposal, PeerShape, Suspicion, SuspicionTotal
from lamplighter.business.line_loss.models import AreaNight, FeederNight, UnitNight
from lamplighter.business.line_loss.queries import newest_worked_day
from lamplighter.business.metering.models import MeterEntry
from lamplighter.business.metering.tables import SOURCE_FILE
from lamplighter.business.network.models import AreaEntry, FeederEntry, UnitOutline
from lamplighter.journeys.brief.areas import read_losses, worked_at
from lamplighter.journeys.desk_loading.archives import Archives, Row, read_archives
from lamplighter.journeys.desk_loading.corrections import peer_rows, proposal_rows
from lamplighter.journeys.desk_loading.losses import KEPT_DAYS, area_nights, feeder_lines, unit_nights
from lamplighter.journeys.desk_loading.models import load_models
from lamplighter.journeys.desk_loading.outcomes import load_outcomes
from lamplighter.journeys.desk_loading.places import feeder_entries, feeder_nights, unit_outlines
from lamplighter.journeys.desk_loading.planning import load_planning
from lamplighter.journeys.desk_loading.suspicions import newest_list_on, suspicion_rows, suspicion_totals

__all__ = ["DeskLoaded", "NothingToLoad", "is_desk_fresh", "load_desk"]


class NothingToLoad(LamplighterError):
    """No company was imported yet."""

    def __init__(self) -> None:
        super().__init__(text("desk.load.nothing"))


@dataclass(frozen=True, slots=True)
class DeskLoaded:
    """What a loading brought.

    Attributes:
        generation: state of the lake it was read from.
        night_on: newest night worked; None before the first.
        areas, customers, meters, suspicions: rows on the desk.
    """

    generation: int
    night_on: dt.date | None
    areas: int
    customers: int
    meters: int
    suspicions: int


def is_desk_fresh(lake: Lake) -> bool:
    """Say whether the desk was loaded from the newest state of the lake."""
    load = newest_load()
    with lake.snapshot() as state:
        return load is not None and load.generation == state.generation


def load_desk(*, lake: Lake, now: dt.datetime, outlines: Path | None = None, progress: Progress = SILENT) -> DeskLoaded:
    """Bring the newest state of the lake to the desk.

    Args:
        lake: where archives and the night's results are.
        now: instant of the loading, UTC-naive.
        outlines: GeoJSON of the company's units for the map; drawn around their areas when None or absent.
        progress: told about each table.

    Raises:
        NothingToLoad: no company was imported.
        OutlinesUnreadable: the outlines are not GeoJSON.
    """
    with lake.snapshot() as state, transaction.atomic():
        return _load(state, now=now, outlines=outlines, progress=progress)


def _load(state: Snapshot, *, now: dt.datetime, outlines: Path | None, progress: Progress) -> DeskLoaded:
    try:
        company = read_company(state)
    except CompanyUnknown as error:
        raise NothingToLoad from error
    archives = read_archives(state)
    night = newest_worked_day(state)
    list_on = newest_list_on(state)
    counts = {}
    with progress.step(text("desk.load.step"), total=11, unit=text("desk.load.unit")) as advance:
        suspicions = suspicion_rows(state, archives, as_of=list_on)
        counts["suspicions"] = replace_rows(
            Suspicion,
            suspicions,
            key=["account_id"],
            keeps=["state", "first_listed_on"],
            retired={"is_listed": False},
        )
        advance(1)
        counts["totals"] = replace_rows(
            SuspicionTotal, suspicion_totals(suspicions, archives), key=["unit_id", "colour"]
        )
        advance(1)
        counts["candidates"] = load_planning(state, archives, as_of=list_on)
        advance(1)
        losses = None
        if night is not None:
            losses = read_losses(state, first_on=night - dt.timedelta(days=KEPT_DAYS - 1), last_on=night)
        rows = [] if losses is None or night is None else area_nights(state, losses, archives, suspicions, night=night)
        counts["nights"] = replace_rows(AreaNight, rows, key=["area_id"])
        advance(1)
        counts["feeders"] = _load_places(state, archives, rows, night=night, outlines=outlines)
        advance(1)
        counts["proposals"] = _load_findings(state, archives, suspicions, list_on=list_on)
        advance(1)
        by_unit = [] if losses is None else unit_nights(losses, archives)
        counts["unit_nights"] = replace_rows(UnitNight, by_unit, key=["unit_id", "on_date"])
        advance(1)
        counts["outcomes"] = load_outcomes(state, archives)
        advance(1)
        counts["models"] = load_models(state)
        advance(1)
        # A unit that vanished from the archive stays as long as somebody may be of it; it has no rows.
        upsert_rows(Unit, archives.units, key=["unit_id"])
        counts["units"] = len(archives.units)
        advance(1)
        for name, model, entries, key in (
            ("areas", AreaEntry, archives.areas, "area_id"),
            ("customers", CustomerEntry, archives.customers, "account_id"),
            ("meters", MeterEntry, archives.meters, "meter_id"),
        ):
            counts[name] = replace_rows(model, entries, key=[key])
            advance(1)
    tonight = None if losses is None else losses.filter(pc.equal(losses["on_date"], night))
    Load.objects.create(
        generation=state.generation,
        company=company.name,
        timezone=company.timezone,
        night_on=night,
        list_on=list_on,
        worked_at=None if tonight is None else _aware(worked_at(tonight)),
        received_at=_aware(_received_at(state)),
        loaded_at=now.replace(tzinfo=dt.UTC),
        counts=counts,
    )
    return DeskLoaded(
        generation=state.generation,
        night_on=night,
        areas=counts["areas"],
        customers=counts["customers"],
        meters=counts["meters"],
        suspicions=counts["suspicions"],
    )


def _load_places(
    state: Snapshot, archives: Archives, nights: list[Row], *, night: dt.date | None, outlines: Path | None
) -> int:
    """Write what the map shows, and return how many parts of feeders there are."""
    replace_rows(UnitOutline, unit_outlines(archives, own=outlines), key=["unit_id"])
    entries = feeder_entries(state, archives)
    lines = {} if night is None else feeder_lines(state, night=night)
    rows = [] if night is None else feeder_nights(entries, nights, lines, archives)
    replace_rows(FeederNight, rows, key=["station_id", "feeder_id"])
    return replace_rows(FeederEntry, entries, key=["station_id", "feeder_id"])


def _load_findings(state: Snapshot, archives: Archives, suspicions: list[Row], *, list_on: dt.date | None) -> int:
    """Write proposals for the archive and the shapes of suspects among their peers; return how many proposals."""
    if list_on is not None:
        first_on, end_on = list_on - dt.timedelta(days=KEPT_DAYS - 1), list_on + dt.timedelta(days=1)
        shapes = peer_rows(state, suspicions, first_on=first_on, end_on=end_on)
        replace_rows(PeerShape, shapes, key=["account_id"])
    return replace_rows(
        ArchiveProposal,
        proposal_rows(state, archives),
        key=["meter_id", "kind", "recorded", "proposed"],
        keeps=["state"],
        retired={"is_listed": False},
    )


def _received_at(state: Snapshot) -> dt.datetime | None:
    found: dt.datetime | None = pc.max(state.read(SOURCE_FILE, columns=["taken_at"])["taken_at"]).as_py()
    return found


def _aware(instant: dt.datetime | None) -> dt.datetime | None:
    return None if instant is None else instant.replace(tzinfo=dt.UTC)
