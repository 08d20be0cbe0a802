"""The audit trail in the database: one way in, none to change it, and heads signed outside."""

import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.protection import protect, unprotect
from lamplighter.base.security.audit.recording import record, standing
from lamplighter.base.security.audit.records import Act, Fault
from lamplighter.base.security.audit.rules import ORIGIN, hash_entry
from lamplighter.base.security.audit.sealing import (
    HEADS,
    KEY,
    Seals,
    SecondFolderClosed,
    read_heads,
    seal,
    seal_if_due,
)
from lamplighter.base.security.audit.verifying import verify_trail
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit

pytestmark = pytest.mark.both_databases

NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)


@pytest.fixture
def trail(db: None) -> None:
    """Entries 1 to 5 by Li of station S1, from 192.0.2.1."""
    Unit.objects.create(
        unit_id="S1", name="一所", level="station", province_id="P", city_id="C", county_id="N", station_id="S1"
    )
    li = Staff(pk=7, username="Li", unit_id="S1", first_name="", last_name="Li")
    Staff.objects.bulk_create([li])
    with standing("192.0.2.1"):
        for number in range(1, 6):
            record(act=Act.CHANGED, by=li.as_actor(), now=NOON, kind="case", subject=number, note=f"entry {number}")


@pytest.fixture
def seals(tmp_path: Path) -> Seals:
    return Seals(tmp_path / "own", tmp_path / "outside")


@pytest.fixture
def protected(trail: None) -> Iterator[None]:
    """Tests run without the triggers, as they empty their tables; here they stand as in every desk."""
    protect(connection)
    yield
    unprotect(connection)


def rebuild(number: int, *, note: str) -> None:
    """Change an entry and write every hash from there on anew, as somebody who rules the database would."""
    previous = ORIGIN
    for row in Entry.objects.order_by("number"):
        if row.number == number:
            row.note = note
        row.previous, row.hash = previous, f"moving {row.number}"
        row.save()
        row.hash = previous = hash_entry(row.as_record())
        row.save()


class TestRecording:
    def test_says_who_when_from_where_and_of_which_units(self, trail: None) -> None:
        entry = Entry.objects.get(number=3)

        assert (entry.staff_id, entry.staff_name, entry.at, entry.origin) == (7, "Li", NOON, "192.0.2.1")
        assert (entry.province_id, entry.station_id) == ("P", "S1")

    def test_links_each_entry_to_the_one_before(self, trail: None) -> None:
        first, second = Entry.objects.order_by("number")[:2]

        assert first.previous == ORIGIN
        assert second.previous == first.hash

    def test_falls_with_the_transaction_around_it_and_leaves_no_gap(self, trail: None) -> None:
        class GivenUp(Exception):
            pass

        def given_up() -> None:
            with transaction.atomic():
                record(act=Act.CHANGED, by=None, now=NOON)
                raise GivenUp

        with pytest.raises(GivenUp):
            given_up()

        assert record(act=Act.CHANGED, by=None, now=NOON) == 6

    def test_is_the_only_thing_the_database_lets_happen(self, protected: None) -> None:
        for forbidden in (
            lambda: Entry.objects.filter(number=3).update(note="nothing"),
            lambda: Entry.objects.filter(number=3).delete(),
            lambda: Entry.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                forbidden()

        assert Entry.objects.count() == 5
        assert record(act=Act.CHANGED, by=None, now=NOON) == 6


class TestTracking:
    def test_records_a_change_field_by_field_without_the_pass_phrase(self, db: None) -> None:
        staff = Staff.objects.create_user("wang", password="quiet-lamps", email="wang@example.cn")
        staff.set_password("other-lamps")
        staff.first_name = "Wang"
        staff.save()

        created, changed = Entry.objects.filter(kind="security.staff").order_by("number")
        assert (created.act, changed.act) == (Act.CREATED, Act.CHANGED)
        assert json.loads(changed.before) == {"first_name": "", "password": "***"}
        assert json.loads(changed.after) == {"first_name": "Wang", "password": "***"}
        assert "wang@example" not in created.after

    def test_records_roles_that_were_given(self, db: None) -> None:
        make_groups()
        staff = Staff.objects.create_user("wang", password="quiet-lamps")
        staff.groups.set(Group.objects.filter(name=Role.MANAGER.value))

        entry = Entry.objects.order_by("number").last()
        assert entry is not None
        assert (json.loads(entry.before), json.loads(entry.after)) == ({"groups": []}, {"groups": ["manager"]})

    def test_records_nothing_where_nothing_changed(self, db: None) -> None:
        staff = Staff.objects.create_user("wang", password="quiet-lamps")
        before = Entry.objects.count()
        staff.save()

        assert Entry.objects.count() == before

    def test_records_what_was_removed(self, db: None) -> None:
        staff = Staff.objects.create_user("wang", password="quiet-lamps")
        number = staff.pk
        staff.delete()

        entry = Entry.objects.get(act=Act.DELETED)
        assert (entry.subject, json.loads(entry.before)["username"]) == (str(number), "wang")


class TestSealing:
    def test_keeps_the_key_to_its_owner(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)

        assert stat.S_IMODE((seals.own / KEY).stat().st_mode) == 0o600
        assert [file.name for file in Path(seals.folders[1]).iterdir() if file.name == KEY] == []

    def test_writes_the_head_to_both_folders(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)

        assert [head.number for head in read_heads(seals.own)] == [5]
        assert [read_heads(folder) for folder in seals.folders] == [read_heads(seals.own)] * 2

    def test_stands_in_the_home_and_says_so_where_the_second_folder_is_lost(self, trail: None, tmp_path: Path) -> None:
        (tmp_path / "lost").write_text("no folder any more")
        seals = Seals(tmp_path / "own", tmp_path / "lost")

        with pytest.raises(SecondFolderClosed, match="could not be written to the second folder"):
            seal(seals, now=NOON)

        assert [head.number for head in read_heads(seals.own)] == [Entry.objects.count()]

    def test_is_done_once_a_day(self, trail: None, seals: Seals) -> None:
        assert seal_if_due(seals, now=NOON) is not None
        assert seal_if_due(seals, now=NOON + dt.timedelta(hours=5)) is None
        assert seal_if_due(seals, now=NOON + dt.timedelta(days=1)) is not None

    def test_signs_nothing_where_there_is_nothing(self, db: None, seals: Seals) -> None:
        assert seal(seals, now=NOON) is None


class TestVerifying:
    def test_finds_a_trail_whole(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)

        verdict = verify_trail(seals)

        assert verdict.is_whole
        assert (verdict.entries, verdict.heads, verdict.sealed_up_to) == (5, 1, 5)

    def test_names_the_first_entry_that_was_changed(self, trail: None, seals: Seals) -> None:
        Entry.objects.filter(number__in=[3, 4]).update(note="nothing happened")

        verdict = verify_trail(seals)

        assert (verdict.entries, verdict.fault, verdict.first_broken) == (5, Fault.ALTERED, 3)

    def test_catches_a_chain_rebuilt_as_a_whole_by_its_signed_head(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)
        rebuild(3, note="nothing happened")

        assert verify_trail(Seals(seals.own / "elsewhere")).is_whole
        assert verify_trail(seals).fault is Fault.REBUILT

    def test_catches_entries_cut_off_at_the_end(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)
        Entry.objects.filter(number__gt=3).delete()

        verdict = verify_trail(seals)

        assert (verdict.fault, verdict.first_broken) == (Fault.CUT_OFF, 4)

    def test_catches_a_head_that_was_written_without_the_key(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)
        rebuild(3, note="nothing happened")
        for folder in seals.folders:
            row = json.loads((folder / HEADS).read_text())
            row["hash"] = Entry.objects.get(number=5).hash
            (folder / HEADS).write_text(json.dumps(row) + "\n")

        assert verify_trail(seals).fault is Fault.FORGED_HEAD

    def test_catches_who_rules_the_home_and_signs_anew_by_the_second_folder(self, trail: None, seals: Seals) -> None:
        seal(seals, now=NOON)
        rebuild(3, note="nothing happened")
        for file in seals.own.iterdir():
            file.unlink()
        seal(Seals(seals.own), now=NOON)

        assert verify_trail(Seals(seals.own)).is_whole
        verdict = verify_trail(seals)
        assert (verdict.fault, verdict.first_broken) == (Fault.LOST_HEADS, 5)
