"""Files of a brief."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from lamplighter.base.lake import Lake
from lamplighter.doors.cli.commands import run
from lamplighter.journeys.brief import OutlinesUnreadable, newest_page, write_brief
from lamplighter.journeys.brief.write import read_outlines

Capture = pytest.CaptureFixture[str]
NOW = datetime(2025, 4, 1, 3, 30)


class TestWriteBrief:
    def test_leaves_one_page_and_two_printed_ones(self, lake: Lake, tmp_path: Path) -> None:
        written = write_brief(lake=lake, folder=tmp_path / "reports", now=NOW)

        assert written.on_date == date(2025, 3, 31)
        assert sorted(file.name for file in (tmp_path / "reports").iterdir()) == [
            "brief-2025-03-31.en.pdf",
            "brief-2025-03-31.html",
            "brief-2025-03-31.zh.pdf",
        ]

    def test_is_found_again(self, lake: Lake, tmp_path: Path) -> None:
        written = write_brief(lake=lake, folder=tmp_path, now=NOW)

        assert newest_page(tmp_path) == written.html
        assert newest_page(tmp_path / "elsewhere") is None


class TestOutlines:
    def test_are_those_of_the_smallest_units(self, tmp_path: Path) -> None:
        land = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
        units = [
            {"type": "Feature", "properties": {"name": name, "level": level}, "geometry": land}
            for name, level in (("province", "province"), ("station", "station"))
        ]
        (tmp_path / "units.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": units}))

        drawn = read_outlines(tmp_path / "units.geojson")

        assert [feature["properties"]["name"] for feature in drawn["features"]] == ["station"]  # type: ignore[attr-defined]  # GeoJSON

    @pytest.mark.parametrize("content", ["no json", "[]", '{"features": [{"geometry": null}]}', '{"features": []}'])
    def test_are_refused_when_they_are_something_else(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "units.geojson").write_text(content)

        with pytest.raises(OutlinesUnreadable):
            read_outlines(tmp_path / "units.geojson")


class TestCommand:
    def test_writes_where_the_company_keeps_its_reports(
        self, make_lake: Callable[..., Lake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        make_lake(areas=2)
        monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))

        code = run(["report", "write", "--on", "2025-03-31", "--json"])

        assert code == 0
        assert json.loads(capsys.readouterr().out)["html"] == str(tmp_path / "reports/brief-2025-03-31.html")
        assert (tmp_path / "reports/brief-2025-03-31.zh.pdf").read_bytes().startswith(b"%PDF-")

    def test_says_what_to_do_before_a_night_was_worked(self, home: Path, capsys: Capture) -> None:
        code = run(["report", "write"])

        assert code == 1
        assert "lamplighter nightly run" in " ".join(capsys.readouterr().err.split())

    def test_says_what_to_do_before_a_brief_was_written(self, home: Path, capsys: Capture) -> None:
        code = run(["report", "open"])

        assert code == 1
        assert "lamplighter report write" in " ".join(capsys.readouterr().err.split())
