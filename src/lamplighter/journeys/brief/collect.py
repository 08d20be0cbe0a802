"""Read one state of the lake into a brief."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.customers.tables import COMPANY
from lamplighter.business.detection.tables import EVIDENCE, SUSPICION
from lamplighter.business.line_loss.tables import AREA_PERIOD, FEEDER_LOSS
from lamplighter.business.metering.tables import SOURCE_FILE
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.brief import areas as losses_of
from lamplighter.journeys.brief.outlines import draw_outlines
from lamplighter.journeys.brief.records import Brief, Company
from lamplighter.journeys.brief.settings import BriefSettings, default_settings
from lamplighter.journeys.brief.suspicions import read_suspicions
from lamplighter.journeys.brief.trust import ask_trust

USED: tuple[Contract, ...] = (TRUSTED_DAY, AREA_PERIOD, FEEDER_LOSS, SUSPICION, EVIDENCE, SOURCE_FILE)
"""Tables without which a part of the brief is empty, and says so."""


class NothingWorked(LamplighterError):
    """No night has been worked yet: there is nothing to write about."""

    def __init__(self) -> None:
        super().__init__(text("report.nothing_worked"))


class NightNotWorked(LamplighterError):
    """The night asked for has no results."""

    def __init__(self, on_date: date, *, newest: date) -> None:
        self.on_date, self.newest = on_date, newest
        super().__init__(text("report.night_not_worked", on=on_date.isoformat(), newest=newest.isoformat()))


class CompanyMissing(LamplighterError):
    """The lake has losses but does not say whose: its company was never taken in."""

    def __init__(self) -> None:
        super().__init__(text("report.company_missing"))


def collect_brief(
    snapshot: Snapshot,
    *,
    on_date: date | None = None,
    now: datetime,
    outlines: Mapping[str, object] | None = None,
    settings: BriefSettings | None = None,
) -> Brief:
    """Return the brief of a night.

    Args:
        snapshot: the state of the lake to read.
        on_date: the night; the newest worked one when None.
        now: instant of writing, UTC-naive.
        outlines: GeoJSON of the company's units; drawn around its areas when None.
        settings: limits and lengths; those of the package when None.

    Raises:
        NothingWorked: no night was ever worked.
        NightNotWorked: not this one.
        CompanyMissing: the lake does not say whose figures these are.
    """
    settings = settings or default_settings()
    newest = losses_of.newest_night(snapshot)
    if newest is None:
        raise NothingWorked
    night = on_date or newest
    first_on = night - timedelta(days=settings.count("window_days") - 1)
    losses = losses_of.read_losses(snapshot, first_on=first_on, last_on=night)
    tonight = losses.filter(pc.equal(losses["on_date"], night))
    if not tonight.num_rows:
        raise NightNotWorked(night, newest=newest)
    suspicions, by_area = read_suspicions(snapshot, on_date=night, first_on=first_on, settings=settings)
    areas = losses_of.list_areas(snapshot, losses, on_date=night, suspicions_by_area=by_area)
    days = losses_of.list_days(losses, first_on=first_on, last_on=night)
    shown = [area.area_id for area in areas[: settings.count("area_day_count")]]
    suspected = [row.area_id for row in suspicions.rows if row.area_id]
    company = _read_company(snapshot)
    return Brief(
        company=company,
        on_date=night,
        written_at=now,
        generation=snapshot.generation,
        days=days,
        night=days[-1].balance,
        surplus_kwh=sum(max(area.balance.unexplained_kwh or 0.0, 0.0) for area in areas),
        deficit_kwh=sum(min(area.balance.unexplained_kwh or 0.0, 0.0) for area in areas),
        all_supplied_kwh=pc.sum(tonight["supplied_kwh"]).as_py(),
        areas=areas,
        area_days=losses_of.list_area_days(
            losses, areas=list(dict.fromkeys([*suspected, *shown])), first_on=first_on, last_on=night
        ),
        units=losses_of.list_units(areas),
        feeders=losses_of.list_feeders(snapshot, on_date=night),
        trust=ask_trust(
            snapshot,
            areas=areas,
            on_date=night,
            timezone=company.timezone,
            worked_at=losses_of.worked_at(tonight),
            now=now,
            settings=settings,
        ),
        suspicions=suspicions,
        outlines=outlines if outlines is not None else draw_outlines(areas),
        policy_version=tonight["policy_version"][0].as_py(),
        missing=tuple(contract.name for contract in USED if snapshot.is_empty(contract)),
    )


def _read_company(snapshot: Snapshot) -> Company:
    rows = snapshot.read(COMPANY).to_pylist()
    if not rows:
        raise CompanyMissing
    return Company(rows[0]["name"], rows[0]["timezone"], rows[0]["interval_minutes"])
