"""The arithmetic of the field, with numbers a person can check."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.queries import read_sheet
from lamplighter.business.inspection.field.records import BalanceValues, ChainFault, FieldSheet, PhaseValues
from lamplighter.business.inspection.field.rules import (
    Lack,
    Lacking,
    check_links,
    find_lacks,
    next_link,
    work_out_balance,
)

LISTS = packaged_checklists()
OUTCOMES = ("CLEAN", "NO_ACCESS", "THEFT", "BREACH", "METERING_FAULT")
AT = "2026-04-01T09:30:00+08:00"
ME, OTHER = "7", "8"
PROVED = {
    "phases": [{"voltage_v": 230, "in_a": 10, "through_a": shown} for shown in (0.25, 0.25, 0)],
    "power_factor": 1,
    "multiplier": 40,
    "pulses": 30,
    "seconds": 600,
    "pulses_per_kwh": 1600,
}
"""6.9 kW flow in, 4.6 kW by currents, 30 / 1600 x 40 x 6 = 4.5 kW counted."""


def balance(**other: Any) -> BalanceValues:
    phases = tuple(PhaseValues(voltage_v=230, in_a=10, through_a=shown) for shown in (0.25, 0.25, 0))
    values = BalanceValues(phases=phases, power_factor=1, multiplier=40, pulses=30, seconds=600, pulses_per_kwh=1600)
    return replace(values, **other)


def line(number: int, step: str, kind: str = "photo") -> dict[str, Any]:
    return {
        "item_id": str(UUID(int=number)),
        "sequence": number,
        "kind": kind,
        "sha256": f"{number:064x}",
        "size": 1000,
        "taken_at": AT,
        "step": step,
    }


def content(**other: Any) -> dict[str, Any]:
    """A sheet on which nothing is lacking: theft by a shorted current transformer."""
    steps = ("whole_site", "box_with_seal", "meter_face", "clamp_photo")
    return {
        "record_id": str(UUID(int=101)),
        "visit_id": str(UUID(int=102)),
        "device_id": str(UUID(int=103)),
        "checklist_version": LISTS.version,
        "started_at": AT,
        "finished_at": AT,
        "second_inspector": OTHER,
        "certificate_shown": True,
        "outcome": "THEFT",
        "found_by": "ct_short",
        "signing": {"consent": "signed", "signer": "王某"},
        "items": [*(line(number, step) for number, step in enumerate(steps, 1)), line(5, "", "signature")],
        "answers": [{"step": "register", "figure": 1234.5}, {"step": "balance", "balance": PROVED}],
        "position": {"latitude": 35.0, "longitude": 103.0, "accuracy_m": 12, "at": AT},
    } | other


def lacks(**other: Any) -> tuple[Lacking, ...]:
    sheet = read_sheet(content(**other))
    assert sheet is not None
    return find_lacks(sheet, by=ME, colleagues=[OTHER], checklists=LISTS, outcomes=OUTCOMES)


class TestBalance:
    def test_closes_where_currents_and_pulses_agree(self) -> None:
        found = work_out_balance(balance(), tolerance=0.1)

        assert (round(found.flow_kw, 2), round(found.through_kw, 2), round(found.counted_kw, 2)) == (6.9, 4.6, 4.5)
        assert (round(found.past_share, 3), round(found.gap_share, 3)) == (0.333, -0.014)
        assert (found.is_closed, found.shows_loss) == (True, True)

    def test_does_not_close_with_a_wrong_constant(self) -> None:
        # 3,200 pulses a kWh: 2.25 kW counted against 4.6 kW by currents, 34 % of the flow apart.
        found = work_out_balance(balance(pulses_per_kwh=3200), tolerance=0.1)

        assert round(found.gap_share, 2) == -0.34
        assert (found.is_closed, found.shows_loss) == (False, False)

    def test_shows_no_loss_where_all_goes_through_the_meter(self) -> None:
        phases = tuple(PhaseValues(voltage_v=230, in_a=10, through_a=0.25) for _ in range(3))

        found = work_out_balance(balance(phases=phases, pulses=46), tolerance=0.1)

        assert (round(found.past_share, 3), found.is_closed, found.shows_loss) == (0.0, True, False)

    def test_proves_nothing_without_a_current(self) -> None:
        phases = (PhaseValues(voltage_v=230, in_a=0, through_a=0),)

        found = work_out_balance(balance(phases=phases, pulses=0), tolerance=0.1)

        assert (found.is_closed, found.shows_loss) == (False, False)


class TestLacks:
    def test_are_none_on_a_whole_sheet(self) -> None:
        assert lacks() == ()

    @pytest.mark.parametrize(
        ("other", "lack"),
        [
            ({"outcome": "HAUNTED"}, Lacking(Lack.OUTCOME)),
            ({"second_inspector": ME}, Lacking(Lack.SECOND_INSPECTOR)),
            ({"second_inspector": ""}, Lacking(Lack.SECOND_INSPECTOR)),
            ({"second_inspector": "999"}, Lacking(Lack.SECOND_INSPECTOR)),
            ({"certificate_shown": False}, Lacking(Lack.CERTIFICATE)),
            ({"position": None}, Lacking(Lack.POSITION)),
            ({"signing": {"consent": "signed"}}, Lacking(Lack.SIGNATURE)),
            ({"signing": {"consent": "refused", "reason": "angry"}}, Lacking(Lack.WITNESS)),
            ({"found_by": ""}, Lacking(Lack.FINDING)),
            ({"found_by": "base"}, Lacking(Lack.FINDING)),
            ({"found_by": "cover_opened"}, Lacking(Lack.STEP, "cover")),
            ({"answers": [{"step": "balance", "balance": PROVED}]}, Lacking(Lack.STEP, "register")),
            ({"answers": [{"step": "register", "figure": 1}]}, Lacking(Lack.STEP, "balance")),
            ({"checklist_version": "1999.1"}, Lacking(Lack.VERSION)),
        ],
    )
    def test_name_what_is_missing(self, other: dict[str, Any], lack: Lacking) -> None:
        assert lack in lacks(**other)

    def test_name_values_that_do_not_close(self) -> None:
        open_one = {"step": "balance", "balance": PROVED | {"pulses": 5}}

        assert lacks(answers=[{"step": "register", "figure": 1}, open_one]) == (Lacking(Lack.BALANCE, "balance"),)

    def test_are_fewer_where_nobody_opened(self) -> None:
        assert lacks(outcome="NO_ACCESS", items=[], answers=[], certificate_shown=False) == ()

    def test_ask_a_clean_visit_for_the_base_list_alone(self) -> None:
        assert lacks(outcome="CLEAN", found_by="", answers=[{"step": "register", "figure": 1}]) == ()

    def test_count_a_refused_photo_as_none(self) -> None:
        sheet = read_sheet(content())
        assert sheet is not None

        third = str(UUID(int=3))
        found = find_lacks(sheet, by=ME, colleagues=[OTHER], checklists=LISTS, outcomes=OUTCOMES, refused=[third])

        assert found == (Lacking(Lack.STEP, "meter_face"),)

    def test_are_met_by_a_refusal_with_a_witness(self) -> None:
        assert lacks(signing={"consent": "refused", "reason": "angry", "witness": "committee"}) == ()


class TestSheet:
    @pytest.mark.parametrize(
        "other",
        [
            {"items": [line(1, "a"), line(3, "b")]},
            {"items": [line(1, "a"), line(1, "a")]},
            {"items": [line(1, "a") | {"sha256": "xyz"}]},
            {"items": [line(1, "a") | {"taken_at": "2026-04-01T09:30:00"}]},
            {"position": {"latitude": 135.0, "longitude": 103.0, "accuracy_m": 12, "at": AT}},
            {"note": "x" * 4001},
            {"unknown": 1},
            {"record_id": "../../etc/passwd"},
        ],
    )
    def test_is_none_where_it_contradicts_itself(self, other: dict[str, Any]) -> None:
        assert read_sheet(content(**other)) is None

    def test_is_read(self) -> None:
        assert isinstance(read_sheet(content()), FieldSheet)


class TestChain:
    NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)

    def links(self) -> list[Any]:
        found: list[Any] = []
        for number in range(4):
            last = found[-1] if found else None
            found.append(next_link(last, record_id="r", what="item", sha256=f"{number:064x}", arrived_at=self.NOW))
        return found

    def test_is_whole_as_it_was_made(self) -> None:
        state = check_links(self.links())

        assert (state.links, state.fault) == (4, None)

    def test_is_broken_where_a_link_was_altered(self) -> None:
        links = self.links()
        links[2] = replace(links[2], sha256="f" * 64)

        state = check_links(links)

        assert (state.fault, state.at) == (ChainFault.ALTERED, 3)

    @pytest.mark.parametrize("gone", [0, 1, 2])
    def test_is_broken_where_a_link_is_gone(self, gone: int) -> None:
        links = self.links()
        del links[gone]

        assert check_links(links).fault is ChainFault.GAP

    def test_is_broken_where_two_changed_places(self) -> None:
        links = self.links()
        links[1], links[2] = links[2], links[1]

        assert check_links(links).fault is ChainFault.GAP


class TestChecklists:
    def test_name_steps_there_are(self) -> None:
        for each in LISTS.lists.values():
            assert set(each.steps) <= LISTS.steps.keys()
            assert set(each.proofs) <= set(each.steps)

    def test_answer_every_check_that_detection_asks_for(self) -> None:
        called = {code for each in LISTS.lists.values() for code in each.checks}
        asked = {check for reason in default_settings().reasons.values() for check in reason.checks}

        assert asked - called == set()
