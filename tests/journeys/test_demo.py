import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.settings import Home
from lamplighter.journeys.demo import Demo, HomeTaken, run_demo
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.simulation import SimulationSettings

MORNING = dt.datetime(2025, 2, 6)


def demo(home: Home, settings: SimulationSettings) -> Demo:
    rules = read_rules(home.settings, on=MORNING.date())
    return run_demo(home=home, simulation=settings, engine=LocalEngine(processes=1), rules=rules, now=MORNING)


class TestRunDemo:
    def test_goes_from_files_to_the_brief_and_finds_everything_done_the_second_time(
        self, tmp_path: Path, small_settings: SimulationSettings
    ) -> None:
        home = Home(tmp_path / "home")

        first = demo(home, small_settings)
        second = demo(home, small_settings)

        assert first.imported.count.accepted > 0
        assert first.night.bucket_days == 10
        assert first.brief.html.exists()
        assert {language for language, file in first.brief.pdf.items() if file.exists()} == {"zh", "en"}
        assert json.loads(home.outlines.read_text())["type"] == "FeatureCollection"
        assert (second.imported.count.accepted, second.night.bucket_days) == (0, 0)

    def test_refuses_a_home_that_holds_another_company(
        self, tmp_path: Path, small_settings: SimulationSettings
    ) -> None:
        home = Home(tmp_path / "home")
        home.lake.mkdir(parents=True)

        with pytest.raises(HomeTaken, match="LAMPLIGHTER_HOME"):
            demo(home, small_settings)

    def test_refuses_a_home_made_with_other_settings(self, tmp_path: Path, small_settings: SimulationSettings) -> None:
        home = Home(tmp_path / "home")
        place = home.path / "simulation"
        place.mkdir(parents=True)
        (place / "settings.json").write_text(json.dumps(dataclasses.asdict(small_settings), default=str))

        with pytest.raises(HomeTaken):
            demo(home, dataclasses.replace(small_settings, seed=5))
