"""Writes of detection that people ask for: the choice of visits."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from lamplighter.base.lake import Lake
from lamplighter.business.detection.exploration import choose_visits
from lamplighter.business.detection.queries import read_suspicions, read_visited_lately
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.tables import VISIT_SLOT


def plan_visits(
    *,
    lake: Lake,
    visits: int,
    settings: DetectionSettings,
    now: dt.datetime,
    as_of: dt.date | None = None,
    random_share: float | None = None,
    seed: int | None = None,
) -> pa.Table:
    """Choose the visits of a list and keep the choice; choosing again for the same list replaces it.

    Args:
        lake: where the list is and the choice goes.
        visits: how many accounts there is time for.
        settings: ``visits.*``.
        now: instant of the choice, UTC-naive.
        as_of: which list; the newest when absent.
        random_share: share drawn at random; the settings' when absent.
        seed: of the draw; the day of the list when absent.

    Returns:
        ``out_visit_slot`` without ``known_at``, in order of slot.

    Raises:
        ListMissing: there is no list.
        VisitsUnusable: fewer than one visit, or a share outside 0 to 1.
        LakeBusy: another writer is at work.
    """
    with lake.transaction() as change, lake.snapshot() as state:
        listed = read_suspicions(state, as_of=as_of)
        day: dt.date = listed["as_of_on"][0].as_py()
        chosen = choose_visits(
            listed=listed,
            visits=visits,
            random_share=settings.number("visits.random_share") if random_share is None else random_share,
            least_chance=settings.number("visits.least_chance"),
            seed=day.toordinal() if seed is None else seed,
            spare=read_visited_lately(state, before=day, days=int(settings.number("visits.spare_days"))),
        )
        change.append_run(VISIT_SLOT, chosen, known_at=now, days=[day], read_generation=state.generation)
        change.publish()
    return chosen
