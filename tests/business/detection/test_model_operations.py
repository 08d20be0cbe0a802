"""Models and their releases: a candidate makes no list, a release needs a reason and two people, and can be undone."""

import datetime as dt
from dataclasses import replace

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.model_operations import ReleaseRefused, keep_model, release_model, version_before
from lamplighter.business.detection.model_queries import ModelUnknown, read_models, read_releases, read_theft_model

FIRST, LATER, LAST = (dt.datetime(2025, 4, day) for day in (1, 2, 3))
BASE = read_base_model()


@pytest.fixture
def own_lake(tmp_path):
    return Lake.open(tmp_path / "lake")


def keep(lake, version="own 1", *, rate=0.1, now=FIRST):
    model = replace(BASE, version=version, learned_rate=rate)
    return keep_model(lake=lake, model=model, trained_on=now.date(), outcomes=120, thefts=30, now=now)


def release(lake, version, **changed):
    given = {
        "reason": "better on rows not seen",
        "proposed_by": "Li",
        "approved_by": "Wang",
        "persons": 2,
        "now": LATER,
    }
    return release_model(lake=lake, version=version, **{**given, **changed})


def used(lake):
    with lake.snapshot() as state:
        return read_theft_model(state).version


class TestKeepModel:
    def test_keeps_a_candidate_that_makes_no_list(self, own_lake):
        keep(own_lake)

        with own_lake.snapshot() as state:
            states = {each.model.version: each.state for each in read_models(state)}
        assert states == {"own 1": "candidate", BASE.version: "released"}
        assert used(own_lake) == BASE.version

    def test_keeps_the_same_model_once_however_often_its_job_was_begun(self, own_lake):
        assert [keep(own_lake, now=now).version for now in (FIRST, LATER)] == ["own 1", "own 1"]

        with own_lake.snapshot() as state:
            assert len(read_models(state)) == 2

    def test_gives_another_model_of_the_same_name_a_number(self, own_lake):
        names = [keep(own_lake, rate=rate).version for rate in (0.1, 0.2, 0.3)]

        assert names == ["own 1", "own 1 (2)", "own 1 (3)"]
        release(own_lake, "own 1 (2)")
        with own_lake.snapshot() as state:
            assert read_theft_model(state).learned_rate == 0.2


class TestReleaseModel:
    def test_puts_a_model_to_use_and_says_who_and_why(self, own_lake):
        keep(own_lake)

        done = release(own_lake, "own 1")

        assert used(own_lake) == "own 1"
        with own_lake.snapshot() as state:
            assert read_releases(state) == [done]
        assert (done.reason, done.proposed_by, done.approved_by) == ("better on rows not seen", "Li", "Wang")
        assert (done.replaced, done.is_packaged) == (BASE.version, False)

    def test_goes_back_to_the_package_and_forward_again(self, own_lake):
        keep(own_lake)
        release(own_lake, "own 1")

        back = release(own_lake, "package", now=LAST)

        assert (back.is_packaged, back.replaced, used(own_lake)) == (True, "own 1", BASE.version)
        with own_lake.snapshot() as state:
            assert version_before(state) == "own 1"
            assert {each.model.version: each.state for each in read_models(state)} == {
                "own 1": "earlier",
                BASE.version: "released",
            }

    def test_takes_two_people_where_the_policy_says_two(self, own_lake):
        keep(own_lake)

        for other in ("", "Li", " Li "):
            with pytest.raises(ReleaseRefused, match="2 people"):
                release(own_lake, "own 1", approved_by=other)

        assert used(own_lake) == BASE.version
        release(own_lake, "own 1", approved_by="", persons=1)
        assert used(own_lake) == "own 1"

    def test_takes_a_reason(self, own_lake):
        keep(own_lake)

        with pytest.raises(ReleaseRefused) as refused:
            release(own_lake, "own 1", reason="  ")

        assert refused.value.why == "reason_missing"

    def test_refuses_a_model_nobody_kept_and_one_in_use_already(self, own_lake):
        with pytest.raises(ModelUnknown, match="own 7"):
            release(own_lake, "own 7")
        with pytest.raises(ReleaseRefused, match="already"):
            release(own_lake, "package")

    def test_has_nothing_to_go_back_to_before_the_first(self, own_lake):
        with own_lake.snapshot() as state, pytest.raises(ReleaseRefused) as refused:
            version_before(state)

        assert refused.value.why == "nothing_released"
