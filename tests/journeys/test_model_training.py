"""A company's own model: only what was on record before an inspection, and only what was inspected."""

import datetime as dt
import shutil

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.features import DIRECTIONS
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.model_operations import keep_model
from lamplighter.business.detection.model_queries import find_model, read_drift, read_theft_model
from lamplighter.business.detection.tables import EVIDENCE_SCORE, OUTCOME, SUSPICION, THEFT_MODEL
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import (
    CompanyEvidence,
    TooFewCurves,
    TooFewOutcomes,
    find_company_evidence,
    learn_company,
    model_of_injections,
    train_company_model,
)
from lamplighter.journeys.model_training.company import read_outcome_examples
from lamplighter.journeys.model_training.evidence import DayOutsideData
from lamplighter.journeys.nightly_run import read_rules

FIRST_LIST, SECOND_LIST = dt.date(2025, 1, 31), dt.date(2025, 2, 28)
NOW = dt.datetime(2025, 4, 1)


def write_lists(lake, accounts, *, told=None, days=(FIRST_LIST, SECOND_LIST)):
    """Two lists of the accounts; ``told`` is each balance score in the first, and 100 less than in the second."""
    told = np.zeros(len(accounts)) if told is None else told
    for number, day in enumerate(days):
        count = len(accounts)
        listed = {
            "rank": pa.array(np.arange(1, count + 1), pa.int32()),
            "account_id": accounts,
            "meter_id": [f"M{a}" for a in accounts],
            "area_id": [f"T{k % 40}" for k in range(count)],
            "as_of_on": pa.array([day] * count, pa.date32()),
            "theft_probability": pa.array([0.03] * count),
            "expected_kwh": pa.nulls(count, pa.float64()),
            "expected_yuan": pa.array([0.0] * count),
            **{name: [""] * count for name in ("layers", "reasons", "against", "checks")},
            "colour": ["none"] * count,
            "model_version": ["base"] * count,
        }
        scores = {
            "account_id": accounts,
            "meter_id": listed["meter_id"],
            "as_of_on": listed["as_of_on"],
            "layer": ["balance"] * count,
            "score": ["balance_z"] * count,
            "value": pa.array(told + 100.0 * number),
        }
        with lake.transaction() as change:
            known = dt.datetime.combine(day, dt.time())
            for contract, table in ((SUSPICION, listed), (EVIDENCE_SCORE, scores)):
                data = pa.table(table)
                names = [column.name for column in contract.columns if column.name not in data.column_names]
                for name in names:
                    data = data.append_column(name, pa.nulls(count, contract.column(name).type))
                change.append_run(contract, data, known_at=known, days=[day], read_generation=0)
            change.publish()


def write_outcomes(lake, rows):
    accounts, days, outcomes = zip(*rows, strict=True)
    with lake.transaction() as change:
        data = {
            "account_id": list(accounts),
            "inspected_on": pa.array(days, pa.date32()),
            "outcome": list(outcomes),
            "recovered_kwh": pa.nulls(len(rows), pa.float64()),
            "note": pa.nulls(len(rows), pa.string()),
        }
        change.append(OUTCOME, pa.table(data), known_at=NOW)
        change.publish()


def read_examples(lake):
    with lake.snapshot() as state:
        return read_outcome_examples(state, base=read_base_model())


@pytest.fixture
def own_lake(tmp_path):
    return Lake.open(tmp_path / "own")


class TestReadOutcomeExamples:
    def test_takes_the_evidence_of_the_last_list_before_the_inspection(self, own_lake):
        write_lists(own_lake, ["C1", "C2"], told=np.array([5.0, 7.0]))
        write_outcomes(own_lake, [("C1", dt.date(2025, 2, 10), "theft"), ("C2", dt.date(2025, 3, 5), "clean")])

        examples, newest, without = read_examples(own_lake)

        column = examples.names.index("balance_z")
        found = dict(zip(examples.household, examples.features[:, column], strict=True))
        assert found == {"C1": 5.0, "C2": 107.0}
        assert dict(zip(examples.household, examples.is_theft, strict=True)) == {"C1": True, "C2": False}
        assert (newest, without) == (dt.date(2025, 3, 5), 0)

    def test_never_uses_the_list_of_the_day_itself_or_a_later_one(self, own_lake):
        write_lists(own_lake, ["C1"], told=np.array([5.0]))
        write_outcomes(own_lake, [("C1", SECOND_LIST, "theft")])

        examples, _, _ = read_examples(own_lake)

        assert examples.features[0, examples.names.index("balance_z")] == 5.0

    def test_takes_no_access_for_no_result_and_the_uninspected_for_nobody(self, own_lake):
        write_lists(own_lake, ["C1", "C2", "C3"])
        write_outcomes(own_lake, [("C1", dt.date(2025, 2, 10), "no_access"), ("C2", dt.date(2025, 2, 10), "clean")])

        examples, _, _ = read_examples(own_lake)

        assert examples.household.tolist() == ["C2"]

    def test_counts_results_with_no_list_before_them(self, own_lake):
        write_lists(own_lake, ["C1", "C2"])
        write_outcomes(own_lake, [("C1", dt.date(2025, 1, 3), "theft"), ("C9", dt.date(2025, 2, 10), "clean")])

        examples, newest, without = read_examples(own_lake)

        assert (len(examples.is_theft), newest, without) == (0, None, 2)


class TestFindCompanyEvidence:
    def find(self, lake, as_of):
        with lake.snapshot() as state:
            return find_company_evidence(
                state=state,
                root=lake.root,
                engine=LocalEngine(processes=1),
                rules=read_rules(lake.root / "absent", on=NOW.date()),
                channels=("energy_kwh", "reverse_kwh"),
                as_of=as_of,
            )

    def test_as_of_a_day_is_the_same_whatever_was_read_later(self, small_company, lake, tmp_path):
        # The company runs from 27 January to 5 February; the other never sent a curve of February.
        shutil.copytree(small_company.folder, tmp_path / "company")
        later = [file for file in (tmp_path / "company" / "interval").iterdir() if "2025-02" in file.name]
        for file in later:
            file.unlink()
        other = Lake.open(tmp_path / "other")
        import_company(folder=tmp_path / "company", lake=other, now=NOW)

        found, same = (self.find(one, dt.date(2025, 1, 31)) for one in (lake, other))

        assert later
        assert len(found.accounts) > 30
        assert found.meter_ids.tolist() == same.meter_ids.tolist()
        np.testing.assert_array_equal(found.features, same.features)

    def test_refuses_a_day_nobody_has_data_of(self, lake):
        with pytest.raises(DayOutsideData, match="2025-01-27") as error:
            self.find(lake, dt.date(2025, 1, 26))

        assert (error.value.first_on, error.value.newest_on) == (dt.date(2025, 1, 27), dt.date(2025, 2, 5))


class TestTrainCompanyModel:
    def test_learns_what_this_companys_thieves_look_like_and_keeps_it_as_a_candidate(self, own_lake):
        accounts = [f"C{k:03d}" for k in range(240)]
        is_theft = np.arange(240) % 6 == 0
        # Everything else is missing here, and the base model makes little of this score alone.
        write_lists(own_lake, accounts, told=np.where(is_theft, 3.0, 0.0) + np.linspace(0, 1, 240))
        write_outcomes(
            own_lake,
            [
                (account, dt.date(2025, 2, 10), "theft" if steals else "clean")
                for account, steals in zip(accounts, is_theft, strict=True)
            ],
        )

        found = train_company_model(lake=own_lake, now=NOW)

        with own_lake.snapshot() as state:
            used = read_theft_model(state)
            kept = state.read(THEFT_MODEL).to_pylist()
            candidate = find_model(state, found.model.version)
            examples, _, _ = read_outcome_examples(state, base=read_base_model())
        assert (found.outcomes, found.thefts) == (240, 40)
        assert used == read_base_model()
        assert [(row["outcomes"], row["thefts"]) for row in kept] == [(240, 40)]
        told = candidate.learned_share(examples.features)
        assert told[examples.is_theft].mean() > 2.0 * told[~examples.is_theft].mean()

    def test_says_how_many_results_are_missing(self, own_lake):
        write_lists(own_lake, ["C1"])
        write_outcomes(own_lake, [("C1", dt.date(2025, 2, 10), "theft")])

        with pytest.raises(TooFewOutcomes, match="100") as error:
            train_company_model(lake=own_lake, now=NOW)

        assert (error.value.outcomes, error.value.thefts) == (1, 1)

    def test_the_package_model_serves_until_there_is_one_of_its_own(self, own_lake):
        with own_lake.snapshot() as state:
            assert read_theft_model(state) == read_base_model()


class TestReadDrift:
    def test_compares_the_newest_list_of_each_month_with_the_training(self, own_lake):
        write_lists(own_lake, [f"C{k}" for k in range(60)])

        with own_lake.snapshot() as state:
            version, found = read_drift(state, months=3)

        assert version == read_base_model().version
        assert list(found) == [FIRST_LIST, SECOND_LIST]
        # Nothing but one score arrives: the others went missing, and that is said.
        assert found[SECOND_LIST][0].index > 0.25


class TestLearnCompany:
    def evidence(self, meters, *, lifted=()):
        rng = np.random.default_rng(3)
        features = rng.normal(size=(len(DIRECTIONS), 600)).T[[int(meter[1:]) for meter in meters]]
        names = tuple(DIRECTIONS)
        features[:, names.index("balance_z")] += np.array([4.0 if meter in lifted else 0.0 for meter in meters])
        return CompanyEvidence(
            names=names,
            features=features,
            meter_ids=np.array(meters, dtype=object),
            accounts=np.array([f"C{meter}" for meter in meters], dtype=object),
            areas=np.array([f"T{int(meter[1:]) % 30}" for meter in meters], dtype=object),
            scale_kwh=np.ones(len(meters)),
            thefts=pa.table({"meter_id": pa.array(sorted(lifted), pa.string())}),
            area_high_kwh=np.ones(len(meters)),
        )

    def test_joins_both_looks_at_the_company_by_meter(self):
        meters = [f"M{k:03d}" for k in range(600)]
        done = set(meters[:60])
        plain, injected = self.evidence(meters), self.evidence(meters[::-1][1:], lifted=done)

        model = model_of_injections(
            plain, injected, base=read_base_model(), theft_rate=0.02, as_of_on=dt.date(2025, 3, 31)
        )

        assert (model.card["rows"], model.card["thieves"]) == (599, 60)
        assert model.version == f"injections 2025-03-31 / {read_base_model().version}"

    def test_says_that_a_company_is_too_small(self, lake):
        with pytest.raises(TooFewCurves, match="40") as error:
            learn_company(
                lake=lake,
                engine=LocalEngine(processes=1),
                rules=read_rules(lake.root / "absent", on=NOW.date()),
                now=NOW,
            )

        assert 0 < error.value.injected < 40 < error.value.meters

    def test_outcomes_go_on_from_what_injections_taught(self, own_lake):
        meters = [f"M{k:03d}" for k in range(600)]
        model = model_of_injections(
            self.evidence(meters),
            self.evidence(meters, lifted=set(meters[:60])),
            base=read_base_model(),
            theft_rate=0.02,
            as_of_on=dt.date(2025, 1, 31),
        )
        keep_model(
            lake=own_lake, model=model, trained_on=dt.date(2025, 1, 31), outcomes=0, thefts=0, now=NOW - dt.timedelta(1)
        )
        accounts = [f"C{k:03d}" for k in range(240)]
        write_lists(own_lake, accounts, told=np.linspace(0, 1, 240))
        write_outcomes(
            own_lake,
            [(account, dt.date(2025, 2, 10), "clean" if at % 6 else "theft") for at, account in enumerate(accounts)],
        )

        found = train_company_model(lake=own_lake, now=NOW)

        assert found.model.card["base"] == model.version
