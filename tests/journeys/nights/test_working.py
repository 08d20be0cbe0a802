"""The loop, played whole: outcomes, a candidate, its release, the next night that lists with it; a night resumed."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lamplighter.base.desk.models import Load, Night
from lamplighter.base.engine import Engine, LocalEngine
from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.running import Pulse
from lamplighter.base.jobs.tasks import work_job
from lamplighter.base.lake import Lake, LakeBusy
from lamplighter.base.security.actor import Actor, Level, Right, Role, rights_of
from lamplighter.base.security.models import Unit
from lamplighter.business.detection.models import ModelEntry, OutcomeTally, ReleaseProposal, Suspicion
from lamplighter.business.detection.tables import OUTCOME, SUSPICION
from lamplighter.journeys.desk_loading import load_desk
from lamplighter.journeys.model_release import decide_release, propose_release
from lamplighter.journeys.nightly_run import NightRules, read_rules, run_nightly
from lamplighter.journeys.nights import jobs, working
from lamplighter.journeys.nights.book import begin_night
from lamplighter.journeys.nights.schedule import read_schedule
from lamplighter.journeys.nights.working import NightDone, work_night

FIRST, LAST = dt.date(2025, 1, 27), dt.date(2025, 2, 5)
NIGHT = dt.datetime(2025, 3, 2, 2, tzinfo=dt.UTC)
SCHEDULE = read_schedule(on=NIGHT.date() + dt.timedelta(days=400))

pytestmark = pytest.mark.django_db


@pytest.fixture
def rules(tmp_path: Path) -> NightRules:
    return read_rules(tmp_path / "settings", on=NIGHT.date())


def engine() -> Engine:
    return LocalEngine(processes=1)


def work(lake: Lake, rules: NightRules, *, at: dt.datetime = NIGHT, **choices: Any) -> NightDone:
    night = begin_night(SCHEDULE, now=at, zone="Asia/Shanghai")
    return work_night(night=night, lake=lake, engine=engine, rules=rules, clock=lambda: at, **choices)


def versions(lake: Lake) -> set[str]:
    """Models behind the list of the newest day."""
    with lake.snapshot() as state:
        rows = state.read(SUSPICION).to_pylist()
    return {row["model_version"].split(" · ")[0] for row in rows if row["as_of_on"] == LAST}


def write_outcomes(lake: Lake) -> int:
    """Every account visited on each of five days after a list; one in four steals."""
    with lake.snapshot() as state:
        accounts = sorted(set(state.read(SUSPICION)["account_id"].to_pylist()))
    rows = [
        (account, FIRST + dt.timedelta(days=day), "theft" if place % 4 == 0 else "clean")
        for day in range(5, 10)
        for place, account in enumerate(accounts)
    ]
    known, on, word = zip(*rows, strict=True)
    data = {
        "account_id": list(known),
        "inspected_on": pa.array(on, pa.date32()),
        "outcome": list(word),
        "recovered_kwh": pa.nulls(len(rows), pa.float64()),
        "note": pa.nulls(len(rows), pa.string()),
    }
    with lake.transaction() as change:
        change.append(OUTCOME, pa.table(data), known_at=NIGHT.replace(tzinfo=None))
        change.publish()
    return len(rows)


def count_of(lake: Lake) -> int:
    """Outcomes on record: those of the company's own files are among them."""
    with lake.snapshot() as state:
        return int(state.read(OUTCOME).num_rows)


def somebody(number: int, role: Role) -> Actor:
    top = Unit.objects.get(parent_id="").unit_id
    return Actor(number, f"P{number}", top, Level.PROVINCE, frozenset({role}), rights_of([role]))


class TestTheLoop:
    def test_goes_from_outcomes_to_the_list_of_the_next_night(
        self, lake: Lake, rules: NightRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
        run_nightly(lake=lake, engine=engine(), rules=rules, now=NIGHT.replace(tzinfo=None), on=None, each_day=True)
        [before] = versions(lake)
        known = count_of(lake)
        count = write_outcomes(lake)
        load_desk(lake=lake, now=NIGHT.replace(tzinfo=None))
        analyst, manager = somebody(1, Role.LINE_LOSS_ANALYST), somebody(2, Role.MANAGER)
        assert analyst.may(Right.RELEASE_MODELS)

        # A candidate, by the worker; begun twice, as after a crash, it is kept once.
        numbers = [start_job(kind=jobs.TRAINING, given={"on": "outcomes"}, by=analyst, now=NIGHT) for _ in range(2)]
        for number in numbers:
            work_job(number, 1, worker="w", pulse=Pulse(number, 1))
        assert [job.state for job in Job.objects.order_by("pk")] == ["done", "done"]
        candidate = ModelEntry.objects.get(state="candidate")
        assert candidate.outcomes == count
        assert versions(lake) == {before}

        # The next night still lists with the old one: nobody has released it.
        work(lake, rules, at=NIGHT + dt.timedelta(days=1))
        assert versions(lake) == {before}

        said = {"lake": lake, "persons": 2, "now": NIGHT + dt.timedelta(days=1, hours=8)}
        assert propose_release(actor=analyst, version=candidate.version, reason="own thefts", **said) is None
        [proposal] = list_waiting()
        done = decide_release(actor=manager, number=proposal, is_approved=True, answer="", **said)
        assert done is not None

        night = work(lake, rules, at=NIGHT + dt.timedelta(days=2))

        assert versions(lake) == {candidate.version}
        assert night.outcome_count == known + count
        shown = Suspicion.objects.filter(is_listed=True).first()
        assert shown is None or shown.card["model_version"].startswith(candidate.version)
        tally = OutcomeTally.objects.get(by="all", unit_id=analyst.unit_id)
        assert tally.visits + tally.no_access == known + count
        assert list(Night.objects.values_list("state", flat=True)) == ["closed"] * 2


def list_waiting() -> list[int]:
    return list(ReleaseProposal.objects.filter(state="waiting").values_list("pk", flat=True))


class TestANightThatWasStopped:
    def test_goes_on_after_the_step_it_had_done_and_works_nothing_twice(
        self, lake: Lake, rules: NightRules, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []

        def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def call(**given: Any) -> Any:
                done.append(name)
                return real(**given)

            return call

        def busy(**_: Any) -> Any:
            done.append("load")
            raise LakeBusy(lake.root, "an import")

        monkeypatch.setattr(working, "run_nightly", counting("work", run_nightly))
        monkeypatch.setattr(working, "load_desk", busy)
        with pytest.raises(LakeBusy):
            work(lake, rules)
        night = Night.objects.get()
        assert (night.state, set(night.done)) == ("failed", {"import", "outcomes", "work"})
        assert night.failure

        monkeypatch.setattr(working, "load_desk", counting("load", load_desk))
        again = work_night(night=night, lake=lake, engine=engine, rules=rules, clock=lambda: NIGHT)

        assert done == ["work", "load", "load"]
        assert again.report is None
        assert Night.objects.get().state == "closed"
        assert Load.objects.latest("pk").night_on == LAST

    def test_says_how_many_outcomes_there_are_to_learn_from(self, lake: Lake, rules: NightRules) -> None:
        assert work(lake, rules).outcome_count == count_of(lake)
