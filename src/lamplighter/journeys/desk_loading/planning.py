"""What planning of visits needs of a night: the whole list with places, and where areas lie."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

from lamplighter.base.desk.bulk import replace_rows
from lamplighter.base.lake import Snapshot
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.planning.models import AreaPlace, VisitCandidate
from lamplighter.business.inspection.planning.queries import read_listed
from lamplighter.business.inspection.planning.records import Suspicion
from lamplighter.business.inspection.planning.settings import default_plan_settings
from lamplighter.business.network.queries import read_areas
from lamplighter.journeys.desk_loading.archives import Archives, Row, columns_of

USUAL_CHECKS: Final = 3


def load_planning(state: Snapshot, archives: Archives, *, as_of: dt.date | None) -> int:
    """Write the list and the places of areas to the desk, and return how many rows of the list there are.

    Args:
        state: state of the lake.
        archives: where areas belong.
        as_of: day of the list; None = there is none.
    """
    replace_rows(
        AreaPlace,
        [
            {
                **columns_of(archives.area_paths[row["area_id"]]),
                "area_id": row["area_id"],
                "longitude": row["longitude"],
                "latitude": row["latitude"],
            }
            for row in read_areas(state).to_pylist()
            if row["longitude"] is not None and row["latitude"] is not None and row["area_id"] in archives.area_paths
        ],
        key=["area_id"],
    )
    rows: list[Row] = []
    if as_of is not None:
        spare_days = int(default_settings().number("visits.spare_days"))
        listed = read_listed(state, settings=default_plan_settings(), spare_days=spare_days, as_of=as_of)
        usual = _usual_checks(listed.suspicions)
        for each in listed.suspicions:
            # Where the account is known by its area only, or by no area, the archive of customers says whose it is.
            customer = archives.customer_by_account.get(each.account_id)
            if customer is None:
                continue
            area = archives.area_by_id.get(each.area_id)
            rows.append(
                {
                    **{name: customer[name] for name in ("province_id", "city_id", "county_id", "station_id")},
                    **asdict(each),
                    "checks": ";".join(each.checks or (usual if each.is_random else ())),
                    "area_name": area["name"] if area else "",
                    "as_of_on": listed.as_of,
                }
            )
    return replace_rows(VisitCandidate, rows, key=["account_id"])


def _usual_checks(suspicions: Iterable[Suspicion]) -> tuple[str, ...]:
    """Return what is checked most often on the list.

    A visit that was drawn and has no reason of its own would be known by its empty list of checks, and by how short it
    is: it is checked as most others are.
    """
    counted = Counter(check for each in suspicions for check in each.checks)
    return tuple(check for check, _ in sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:USUAL_CHECKS])
