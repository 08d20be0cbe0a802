"""The two steps as others call them: the evidence of a block, and the list of the company."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.injected import inject_thefts
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.rules import find_evidence, rank
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import EVIDENCE, EVIDENCE_SCORE, SUSPICION
from lamplighter.business.line_loss.tables import AREA_PERIOD
from lamplighter.business.metering.tables import METER

AS_OF = date(2025, 3, 1)
KNOWN = pa.scalar(0, pa.timestamp("us"))


def shuffled(block, trusted, order):
    """The same block with its meters in another order."""
    block = replace(
        block,
        meter_ids=block.meter_ids[order],
        archive=block.archive.take(pa.array(order)),
        multipliers=block.multipliers[order],
        area_of=block.area_of[order],
        is_live=block.is_live[order],
        is_home=block.is_home[order],
        channels={name: values[order] for name, values in block.channels.items()},
    )
    names = ("metered_kwh", "quality", "reason", "day_kwh", "day_reverse_kwh", "actual_share", "estimated_share")
    arrays = {name: getattr(trusted, name)[order] for name in (*names, "source", "is_outage")}
    return block, replace(trusted, **arrays)


def exchanged(losses):
    """The same losses with two areas in the other order."""

    def turned(values):
        return values[::-1] if isinstance(values, np.ndarray) and len(values) == 2 else values

    period = replace(losses.period, **{f.name: turned(getattr(losses.period, f.name)) for f in fields(losses.period)})
    arrays = {f.name: turned(getattr(losses, f.name)) for f in fields(losses) if f.name != "period"}
    return replace(losses, **arrays, period=period)


def wire(street):
    """Give every meter a voltage and a current; the first of each area stands at the transformer."""
    rng = np.random.default_rng(9)
    hours = 24 / street.shown_kwh.shape[2]
    current = (street.shown_kwh * 1000 / 220 / hours).astype(np.float32)
    head = 230 + rng.normal(0, 2, (2, *current.shape[1:])).cumsum(axis=2) / 4
    wires = rng.uniform(0.1, 0.4, 40)[:, None, None]
    volts = (
        head[street.archive_area]
        - wires * current
        - 0.02 * np.repeat([current[:20].sum(0), current[20:].sum(0)], 20, 0)
    )
    volts[[0, 20]] = head
    street.channels = {"voltage_a_v": volts.round(1).astype(np.float32), "current_a_a": current}
    street.archive["role"] = ["supply" if i in (0, 20) else "customer" for i in range(40)]
    return street


def assert_same(straight, turned):
    """The same findings and scores, but for the last digits of a sum in another order."""
    for name, table in straight.items():
        figures = [field.name for field in table.schema if pa.types.is_floating(field.type)]
        keys = [name for name in table.column_names if name not in figures]
        assert table.select(keys).equals(turned[name].select(keys))
        for column in figures:
            a = table[column].to_numpy(zero_copy_only=False).astype(float)
            b = turned[name][column].to_numpy(zero_copy_only=False).astype(float)
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.fixture
def street(draw):
    street = draw(areas=2)
    street.steal(4, share=0.5)
    street.steal(25, share=0.7, days=slice(30, None))
    street.hangs_on[10] = 1
    return street


def listed(street, *, meters=None, customers=None, settings=None, company=None, as_of=AS_OF, found=None, losses=None):
    block, trusted, own = street.build()
    found = found or find_evidence(block=block, trusted=trusted, losses=own)
    return rank(
        evidence=found["out_evidence"],
        scores=found["out_evidence_score"],
        meters=METER.conform(meters or block.archive, known_at=KNOWN),
        customers=CUSTOMER.conform(customers or block.tables["core_customer"], known_at=KNOWN),
        area_periods=AREA_PERIOD.conform((losses or own).tables()["out_area_period"], known_at=KNOWN),
        company=company,
        as_of=as_of,
        settings=settings,
    )


class TestFindEvidence:
    def test_keeps_the_contracts(self, street):
        block, trusted, losses = street.build()

        found = find_evidence(block=block, trusted=trusted, losses=losses)

        evidence = EVIDENCE.conform(found["out_evidence"], known_at=KNOWN)
        scores = EVIDENCE_SCORE.conform(found["out_evidence_score"], known_at=KNOWN)
        assert evidence.group_by(list(EVIDENCE.key)).aggregate([]).num_rows == evidence.num_rows
        assert scores.group_by(list(EVIDENCE_SCORE.key)).aggregate([]).num_rows == scores.num_rows
        assert set(evidence["as_of_on"].to_pylist()) == {AS_OF}

    def test_scores_every_live_customer_meter_and_no_other(self, street):
        street.archive["role"] = ["supply"] + ["customer"] * 39
        block, trusted, losses = street.build()
        block.is_live[1, -1] = False

        found = find_evidence(block=block, trusted=trusted, losses=losses)

        assert sorted(set(found["out_evidence_score"]["meter_id"].to_pylist())) == [f"M{i:03d}" for i in range(2, 40)]

    @pytest.mark.parametrize("seed", range(3))
    def test_does_not_depend_on_the_order_of_the_meters(self, street, seed):
        block, trusted, losses = wire(street).build()
        order = np.random.default_rng(seed).permutation(40)

        straight = find_evidence(block=block, trusted=trusted, losses=losses)
        turned_block, turned_trusted = shuffled(block, trusted, order)
        turned = find_evidence(block=turned_block, trusted=turned_trusted, losses=losses)

        assert_same(straight, turned)

    def test_does_not_depend_on_the_order_of_the_areas(self, street):
        block, trusted, losses = wire(street).build()

        straight = find_evidence(block=block, trusted=trusted, losses=losses)
        turned = find_evidence(
            block=replace(block, area_ids=block.area_ids[::-1], area_of=1 - block.area_of),
            trusted=trusted,
            losses=exchanged(losses),
        )

        assert_same(straight, turned)

    def test_gives_the_same_bytes_twice(self, street):
        block, trusted, losses = street.build()

        first = find_evidence(block=block, trusted=trusted, losses=losses)
        second = find_evidence(block=block, trusted=trusted, losses=losses)

        assert first["out_evidence"].equals(second["out_evidence"])
        assert first["out_evidence_score"].equals(second["out_evidence_score"])

    def test_works_on_a_company_with_daily_readings_only(self, street):
        block, trusted, losses = street.build()
        trusted = replace(trusted, metered_kwh=np.full_like(trusted.metered_kwh, np.nan))
        nothing = np.full_like(losses.residual_kwh, np.nan)
        losses = replace(losses, residual_kwh=nothing, sold_slot_kwh=nothing)

        found = listed(street, found=find_evidence(block=block, trusted=trusted, losses=losses))

        assert found.num_rows == 40
        assert set(found["layers"].to_pylist()) == {"handover;shape;peers;context"}

    def test_works_on_a_bucket_without_customers(self, street):
        street.archive["role"] = ["supply"] * 40
        block, trusted, losses = street.build()

        found = find_evidence(block=block, trusted=trusted, losses=losses)

        assert found["out_evidence"].num_rows == found["out_evidence_score"].num_rows == 0


class TestRank:
    def test_keeps_the_contract_and_names_the_thieves_first(self, street):
        found = SUSPICION.conform(listed(street), known_at=KNOWN)

        by_probability = found.sort_by([("theft_probability", "descending")])
        assert set(by_probability["account_id"].to_pylist()[:2]) == {"C004", "C025"}
        assert by_probability["theft_probability"][1].as_py() > 0.5
        assert found["rank"].to_pylist() == list(range(1, 41))
        assert "under_registers" in found["reasons"][0].as_py()
        assert "compare_current" in found["checks"][0].as_py()
        assert found["colour"][0].as_py() == "red"

    def test_names_every_live_account_exactly_once(self, street):
        block, _, _ = street.build()
        two = replace(block, archive=block.archive).archive.to_pylist()
        two[7]["account_id"] = "C004"
        two[8]["removed_on"] = date(2025, 1, 5)
        customers = block.tables["core_customer"].to_pylist()
        customers[9]["closed_on"] = date(2025, 2, 1)
        stranger = {**two[12], "meter_id": "M999", "account_id": "C999"}

        found = listed(
            street,
            meters=pa.Table.from_pylist([*two, stranger], schema=block.archive.schema),
            customers=pa.Table.from_pylist(customers, schema=block.tables["core_customer"].schema),
        )

        accounts = found["account_id"].to_pylist()
        expected = {f"C{i:03d}" for i in range(40)} - {"C009"} | {"C999"}
        assert sorted(accounts) == sorted(expected)
        # Two meters: the more suspect one. No meter any more: listed without one. Meter lost: no evidence, the prior.
        row = {account: at for at, account in enumerate(accounts)}
        assert found["meter_id"][row["C004"]].as_py() == "M004"
        assert found["meter_id"][row["C007"]].as_py() == ""
        assert found["theft_probability"][row["C999"]].as_py() == pytest.approx(0.02)

    def test_never_expects_more_of_an_area_than_it_loses(self, street):
        found = listed(street)
        _, _, losses = street.build()

        for number, area in enumerate(("A0", "A1")):
            inside = [
                kwh
                for kwh, where in zip(found["expected_kwh"].to_pylist(), found["area_id"].to_pylist(), strict=True)
                if where == area and kwh is not None
            ]
            upper = losses.period.unexplained_high_kwh[number] / 60 * 365.25 / 12
            assert sum(inside) <= max(upper, 0.0)
            assert bool(inside) == (upper > 0.0)

    def test_says_unknown_where_the_area_cannot_bear_it_out(self, street):
        _, _, losses = street.build()
        lost = losses.period.unexplained_high_kwh.copy()
        lost[0] = -10.0

        found = listed(street, losses=replace(losses, period=replace(losses.period, unexplained_high_kwh=lost)))

        known = [kwh is not None for kwh in found["expected_kwh"].to_pylist()]
        assert known == [area == "A1" for area in found["area_id"].to_pylist()]
        assert None not in found["expected_yuan"].to_pylist()

    def test_sends_nobody_into_an_area_that_loses_nothing(self, street):
        _, _, losses = street.build()
        lost = losses.period.unexplained_high_kwh.copy()
        lost[0] = -10.0

        found = listed(street, losses=replace(losses, period=replace(losses.period, unexplained_high_kwh=lost)))

        values = zip(found["area_id"].to_pylist(), found["expected_yuan"].to_pylist(), strict=True)
        assert all(yuan < 0.0 for area, yuan in values if area == "A0")

    def test_does_not_depend_on_the_order_of_rows(self, street):
        block, trusted, losses = street.build()
        found = find_evidence(block=block, trusted=trusted, losses=losses)
        rng = np.random.default_rng(4)

        def mixed(table):
            return table.take(pa.array(rng.permutation(table.num_rows)))

        straight = listed(street, found=found)
        turned = listed(
            street,
            found={name: mixed(table) for name, table in found.items()},
            meters=mixed(block.archive),
            customers=mixed(block.tables["core_customer"]),
        )

        assert straight.equals(turned)

    def test_does_not_depend_on_what_accounts_are_called(self, street):
        block, trusted, losses = street.build()
        names = np.random.default_rng(6).permutation(40)
        street.archive["account_id"] = [f"C{k:03d}" for k in names]
        before = listed(street, found=find_evidence(block=block, trusted=trusted, losses=losses))

        renamed = listed(street)

        probability = dict(zip(renamed["meter_id"].to_pylist(), renamed["theft_probability"].to_pylist(), strict=True))
        for meter, expected in zip(
            before["meter_id"].to_pylist(), before["theft_probability"].to_pylist(), strict=True
        ):
            assert probability[meter] == pytest.approx(expected, rel=1e-9)

    def test_uses_the_companys_own_prices(self, street):
        dear = pa.table({"name": ["X"], "price_yuan_per_kwh": ['{"residential": 5.6}']})

        cheap, costly = listed(street), listed(street, company=dear)

        assert costly["expected_yuan"][0].as_py() > 5 * cheap["expected_yuan"][0].as_py()

    def test_stores_the_version_of_the_company_settings(self, street):
        own = default_settings().with_values({"cost.visit_yuan": 500})

        found = listed(street, settings=own)

        assert set(found["model_version"].to_pylist()) == {f"{read_base_model().version} · {own.version}"}


class TestInjectedThefts:
    def test_keep_the_energy_of_the_area(self, draw):
        block, trusted, losses = draw(areas=2).build()

        injected = inject_thefts(block=block, trusted=trusted, losses=losses, share=0.5, seed=3)

        gone = (trusted.metered_kwh.astype(float) - injected.trusted.metered_kwh).sum()
        hooked = [row for row in injected.thefts.to_pylist() if row["kind"] == "hook_up"]
        extra = sum(
            row["stolen_kwh_a_day"] * (block.days[-1].item() - row["onset_on"]).days + row["stolen_kwh_a_day"]
            for row in hooked
        )
        appeared = (injected.losses.residual_kwh.astype(float) - losses.residual_kwh).sum()
        assert appeared == pytest.approx(gone + extra, rel=1e-3)
        assert 10 <= injected.thefts.num_rows <= 30

    def test_are_the_same_whatever_the_order_of_the_meters(self, draw):
        block, trusted, losses = draw(areas=2).build()
        turned_block, turned_trusted = shuffled(block, trusted, np.arange(40)[::-1])

        one = inject_thefts(block=block, trusted=trusted, losses=losses, share=0.3, seed=3)
        two = inject_thefts(block=turned_block, trusted=turned_trusted, losses=losses, share=0.3, seed=3)

        assert one.thefts.num_rows > 0
        assert one.thefts.equals(two.thefts)

    def test_spare_whom_they_are_told_to_spare(self, draw):
        block, trusted, losses = draw().build()
        everybody = [f"C{i:03d}" for i in range(20)]

        injected = inject_thefts(block=block, trusted=trusted, losses=losses, share=1.0, seed=3, spare=everybody[1:])

        assert injected.thefts["account_id"].to_pylist() == ["C000"]
