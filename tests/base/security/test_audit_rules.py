"""The audit trail's arithmetic: what is hashed, and what a changed, missing or rebuilt entry is found by."""

import datetime as dt
from dataclasses import replace

import pytest

from lamplighter.base.security.audit.records import Entry, Fault, Head
from lamplighter.base.security.audit.rules import ORIGIN, changed_fields, check_trail, hash_entry

NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)


def trail(count: int) -> list[Entry]:
    """Entries 1 to ``count``, each noting its own number."""
    entries: list[Entry] = []
    for number in range(1, count + 1):
        entries.append(
            Entry(
                number=number,
                at=NOON + dt.timedelta(minutes=number),
                staff_id=7,
                staff_name="Li",
                province_id="P",
                city_id="C",
                county_id="N",
                station_id="S1",
                origin="192.0.2.1",
                act="changed",
                outcome="done",
                kind="security.staff",
                subject="3",
                before='{"unit_id":"S1"}',
                after='{"unit_id":"S2"}',
                purpose="",
                note=f"entry {number}",
                previous="",
                hash="",
            )
        )
    return linked(entries)


def linked(entries: list[Entry]) -> list[Entry]:
    """The same entries with every hash made anew: a whole chain, whatever they say."""
    previous, chain = ORIGIN, []
    for entry in entries:
        entry = replace(entry, previous=previous)
        chain.append(replace(entry, hash=hash_entry(entry)))
        previous = chain[-1].hash
    return chain


def head(entry: Entry) -> Head:
    return Head(entry.number, entry.hash, NOON, "good")


class TestATrail:
    def test_is_whole_as_it_was_written(self) -> None:
        entries = trail(5)

        verdict = check_trail(entries, [head(entries[3])])

        assert verdict.is_whole
        assert (verdict.entries, verdict.heads, verdict.sealed_up_to) == (5, 1, 4)

    def test_is_whole_while_it_is_empty(self) -> None:
        assert check_trail([], []).is_whole

    @pytest.mark.parametrize(
        "name", [field for field in Entry.__slots__ if field not in ("number", "hash", "previous", "at", "staff_id")]
    )
    def test_shows_a_change_of_every_field(self, name: str) -> None:
        entries = trail(5)
        entries[2] = replace(entries[2], **{name: "tampered"})

        verdict = check_trail(entries, [])

        assert (verdict.fault, verdict.first_broken) == (Fault.ALTERED, 3)

    def test_shows_a_change_of_time_and_of_person(self) -> None:
        for changed in ({"at": NOON}, {"staff_id": 8}, {"staff_id": None}):
            entries = trail(3)
            entries[1] = replace(entries[1], **changed)
            assert check_trail(entries, []).first_broken == 2

    def test_shows_an_entry_that_was_taken_out(self) -> None:
        entries = trail(5)
        del entries[2]

        assert check_trail(entries, []).fault is Fault.MISSING
        assert check_trail(entries, []).first_broken == 3

    def test_shows_an_entry_put_in_place_of_another(self) -> None:
        entries = trail(5)
        forged = replace(entries[2], note="another")
        entries[2] = replace(forged, hash=hash_entry(forged))

        verdict = check_trail(entries, [])

        assert (verdict.fault, verdict.first_broken) == (Fault.UNLINKED, 4)

    def test_that_was_rebuilt_as_a_whole_is_found_out_by_the_signed_head_alone(self) -> None:
        entries = trail(5)
        signed = head(entries[4])
        rebuilt = linked([replace(each, note="nothing happened") if each.number == 3 else each for each in entries])

        assert check_trail(rebuilt, []).is_whole
        verdict = check_trail(rebuilt, [signed])
        assert (verdict.fault, verdict.first_broken) == (Fault.REBUILT, 5)

    def test_that_was_cut_off_is_found_out_by_the_signed_head_alone(self) -> None:
        entries = trail(5)

        assert check_trail(entries[:3], []).is_whole
        verdict = check_trail(entries[:3], [head(entries[4])])
        assert (verdict.fault, verdict.first_broken) == (Fault.CUT_OFF, 4)


class TestChangedFields:
    def test_are_those_that_differ(self) -> None:
        assert changed_fields({"unit": "S1", "name": "Li"}, {"unit": "S2", "name": "Li"}, masks={}) == (
            {"unit": "S1"},
            {"unit": "S2"},
        )

    def test_stand_there_though_their_masked_words_are_alike(self) -> None:
        before, after = changed_fields({"phrase": "old"}, {"phrase": "new"}, masks={"phrase": lambda word: "***"})

        assert (before, after) == ({"phrase": "***"}, {"phrase": "***"})
