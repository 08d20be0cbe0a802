"""What the map needs of a night: outlines, feeders in the stations they pass, proposals and peers."""

import datetime as dt
import json
from pathlib import Path

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.models import ArchiveProposal, PeerShape, Suspicion
from lamplighter.business.detection.tables import ARCHIVE_PROPOSAL
from lamplighter.business.line_loss.models import AreaNight, FeederNight
from lamplighter.business.network.models import AreaEntry, FeederEntry, UnitOutline
from lamplighter.business.network.tables import AREA
from lamplighter.journeys.brief.write import OutlinesUnreadable
from lamplighter.journeys.desk_loading import load_desk
from lamplighter.journeys.desk_loading.places import MOST_CORNERS
from tests.journeys.brief.conftest import NIGHT, put
from tests.journeys.desk_loading.conftest import ACCOUNT, NOW

pytestmark = pytest.mark.django_db

SQUARE = [[103.0, 25.0], [103.1, 25.0], [103.1, 25.1], [103.0, 25.1], [103.0, 25.0]]


def outlines(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def feature(unit: str, ring: list[list[float]]) -> dict[str, object]:
    return {"properties": {"unit_id": unit}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


class TestOutlines:
    def test_are_sketched_around_the_areas_of_every_unit(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        rows = {row.unit_id: row for row in UnitOutline.objects.all()}
        assert set(rows) == {"P", "C", "K1", "K2", "S1", "S2", "S3"}
        assert all(row.is_sketch and row.rings[0][0] == row.rings[0][-1] for row in rows.values())
        # A unit's land holds every area of it.
        corners = rows["S1"].rings[0]
        for area in AreaEntry.objects.filter(station_id="S1"):
            assert min(x for x, _ in corners) < area.longitude < max(x for x, _ in corners)

    def test_of_the_company_go_before_sketches(self, lake: Lake, tmp_path: Path) -> None:
        load_desk(lake=lake, now=NOW, outlines=outlines(tmp_path / "units.geojson", feature("S1", SQUARE)))

        assert (UnitOutline.objects.get(unit_id="S1").rings, UnitOutline.objects.get(unit_id="S2").is_sketch) == (
            [SQUARE],
            True,
        )

    def test_of_many_corners_are_thinned(self, lake: Lake, tmp_path: Path) -> None:
        many = [[103.0 + k / 10_000, 25.0 + (k % 7) / 1000] for k in range(5000)]
        load_desk(lake=lake, now=NOW, outlines=outlines(tmp_path / "units.geojson", feature("S1", [*many, many[0]])))

        ring = UnitOutline.objects.get(unit_id="S1").rings[0]
        assert len(ring) <= MOST_CORNERS + 1
        assert ring[0] == ring[-1] == many[0]

    @pytest.mark.parametrize("ring", [[[103.0, 25.0]], [["x", 1], [1, 2], [3, 4], [5, 6]], [[1e999, 0.0]] * 4])
    def test_that_are_none_are_refused_and_the_desk_stays(
        self, ring: list[list[float]], lake: Lake, tmp_path: Path
    ) -> None:
        with pytest.raises(OutlinesUnreadable):
            load_desk(lake=lake, now=NOW, outlines=outlines(tmp_path / "units.geojson", feature("S1", ring)))

        assert not AreaNight.objects.exists()

    def test_of_a_company_without_coordinates_are_none(self, own_lake: Lake) -> None:
        with own_lake.snapshot() as state:
            rows = state.read(AREA).to_pylist()
        put(own_lake, AREA, [row | {"longitude": None, "latitude": None} for row in rows])

        load_desk(lake=own_lake, now=NOW)

        assert not UnitOutline.objects.exists()
        assert [feeder.outline for feeder in FeederEntry.objects.all()] == [[], [], []]


class TestFeeders:
    def test_add_up_their_computable_areas_and_count_all(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        # Area k hangs on feeder k mod 3 + 1 of the station of that number.
        # F3 has A02, A05 and A08, of which A05 cannot be computed.
        night = FeederNight.objects.get(station_id="S3", feeder_id="F3")
        areas = AreaNight.objects.filter(area_id__in=["A02", "A08"])
        assert (night.area_count, night.computable_count) == (3, 2)
        assert night.supplied_kwh == pytest.approx(sum(area.supplied_kwh for area in areas))
        assert night.unexplained_kwh == pytest.approx(sum(area.unexplained_kwh for area in areas))

    def test_count_the_coloured_suspicions_of_their_areas(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        # A01 and A04 hang on F2, A09 on F1.
        assert dict(FeederNight.objects.values_list("feeder_id", "suspicion_count")) == {"F1": 1, "F2": 2, "F3": 0}

    def test_stand_in_every_station_they_pass_and_their_own_loss_only_where_they_are_run(self, own_lake: Lake) -> None:
        with own_lake.snapshot() as state:
            rows = state.read(AREA).to_pylist()
        put(own_lake, AREA, [row | {"feeder_id": "F1"} if row["area_id"] == "A01" else row for row in rows])

        load_desk(lake=own_lake, now=NOW)

        assert dict(FeederEntry.objects.filter(feeder_id="F1").values_list("station_id", "is_own")) == {
            "S1": True,
            "S2": False,
        }
        own, passing = (FeederNight.objects.get(feeder_id="F1", station_id=station) for station in ("S1", "S2"))
        assert (own.line_boundary != "", passing.line_boundary, passing.area_count) == (True, "", 1)


def proposal(meter: str, **said: object) -> dict[str, object]:
    return {
        "meter_id": meter,
        "as_of_on": NIGHT,
        "kind": "wrong_area",
        "account_id": ACCOUNT,
        "area_id": "A01",
        "recorded": "A01",
        "proposed": "A04",
        "confidence": 0.95,
        "status": "proposed",
        "basis": "voltage;balance",
        "day_count": 90,
        **said,
    }


class TestProposals:
    def test_reach_the_desk_in_the_units_of_the_area_the_archive_has(self, own_lake: Lake) -> None:
        put(own_lake, ARCHIVE_PROPOSAL, [proposal("M01001")], days=[NIGHT])

        load_desk(lake=own_lake, now=NOW)

        row = ArchiveProposal.objects.get()
        assert (row.station_id, row.proposed, row.state, row.is_listed) == ("S2", "A04", "open", True)

    def test_keep_what_was_decided_and_ask_anew_when_something_else_is_proposed(self, own_lake: Lake) -> None:
        put(own_lake, ARCHIVE_PROPOSAL, [proposal("M01001")], days=[NIGHT])
        load_desk(lake=own_lake, now=NOW)
        ArchiveProposal.objects.update(state="refused")
        load_desk(lake=own_lake, now=NOW)
        same = ArchiveProposal.objects.get()

        put(own_lake, ARCHIVE_PROPOSAL, [proposal("M01001", proposed="A07")], days=[NIGHT])
        load_desk(lake=own_lake, now=NOW)

        assert (same.state, same.is_listed) == ("refused", True)
        assert dict(ArchiveProposal.objects.values_list("proposed", "state")) == {"A04": "refused", "A07": "open"}
        assert dict(ArchiveProposal.objects.values_list("proposed", "is_listed")) == {"A04": False, "A07": True}


class TestPeers:
    def test_are_drawn_beside_the_suspects_of_the_list(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        shape = PeerShape.objects.get(account_id=ACCOUNT)
        assert set(PeerShape.objects.values_list("account_id", flat=True)) <= set(
            Suspicion.objects.exclude(colour="none").values_list("account_id", flat=True)
        )
        assert (len(shape.own), shape.first_on) == (90, NIGHT - dt.timedelta(days=89))
        assert shape.peer_count == 0 or all(
            low <= mid <= high
            for low, mid, high in zip(shape.low, shape.mid, shape.high, strict=True)
            if low is not None
        )
