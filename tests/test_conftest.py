"""The house's own fixtures: a missing part skips with a sentence, and fails where the machine must have it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DEAR, TOGETHER, share_of, turn_of

ROOT = Path(__file__).resolve().parents[1]
NEEDS_DATA = """
import pytest

@pytest.mark.requires("real-data")
def test_needs_data():
    assert True
"""


@pytest.fixture
def outcome_of_a_test_in_need(tmp_path):
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = requires(name)\n")
    (tmp_path / "test_it.py").write_text(NEEDS_DATA)

    def run(**environ: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
        kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # four times the start of plug-ins it does not use
        command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "."]
        return subprocess.run(
            command, cwd=tmp_path, env=kept | environ, capture_output=True, text=True, check=False
        ).stdout

    return run


class TestRequires:
    def test_skips_with_a_sentence_where_the_part_is_missing(self, outcome_of_a_test_in_need):
        said = outcome_of_a_test_in_need()

        assert "1 skipped" in said
        assert "set LAMPLIGHTER_REAL_DATA" in said

    def test_fails_where_the_machine_must_have_the_part(self, outcome_of_a_test_in_need):
        said = outcome_of_a_test_in_need(LAMPLIGHTER_TEST_REQUIRE="browser,real-data")

        assert "1 error" in said
        assert "required by LAMPLIGHTER_TEST_REQUIRE" in said

    def test_runs_where_the_part_is_there(self, outcome_of_a_test_in_need, tmp_path):
        said = outcome_of_a_test_in_need(LAMPLIGHTER_TEST_REQUIRE="real-data", LAMPLIGHTER_REAL_DATA=str(tmp_path))

        assert "1 passed" in said

    def test_refuses_a_mistyped_requirement(self, outcome_of_a_test_in_need):
        said = outcome_of_a_test_in_need(LAMPLIGHTER_TEST_REQUIRE="browsr")

        assert "1 passed" not in said
        assert "skipped" not in said

    def test_refuses_a_mistyped_database(self, outcome_of_a_test_in_need):
        said = outcome_of_a_test_in_need(LAMPLIGHTER_TEST_DATABASE="postgre")

        assert "passed" not in said
        assert "skipped" not in said


class TestShares:
    @pytest.mark.parametrize(
        ("nodeid", "share"),
        [
            ("tests/base/lake/test_lake.py::TestLake::test_opens", "tests/base/lake/test_lake.py"),
            ("tests/journeys/engine_comparison/test_nights.py::TestSparkDemo::test_it", "tests/base/engine/"),
            ("tests/base/engine/test_spark.py::TestMap::test_it[a]", "tests/base/engine/"),
            ("tests/docs/test_docs.py::TestPages::test_it[a.md]", "tests/docs/test_docs.py::TestPages::test_it[a.md]"),
        ],
    )
    def test_are_files_folders_that_share_something_dear_or_single_pages(self, nodeid, share):
        assert share_of(nodeid) == share

    def test_are_begun_dearest_first(self):
        page, cluster = "tests/docs/test_docs.py::TestPages::test_come_out_as_they_say[a.md]", "tests/base/engine/"

        assert sorted(["tests/base/lake/test_lake.py", page, cluster], key=turn_of)[:2] == [cluster, page]

    @pytest.mark.parametrize("begin", [*DEAR, *(folder for folders in TOGETHER for folder in folders)])
    def test_are_named_for_files_that_exist(self, begin):
        assert list(ROOT.glob(f"{begin.split('::')[0]}*"))


class TestBrowserPage:
    def test_shows_what_it_is_given(self, browser_page):
        browser_page.set_content("<h1>掌灯</h1>")

        assert browser_page.locator("h1").inner_text() == "掌灯"
