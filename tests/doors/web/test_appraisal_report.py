"""An appraisal on paper: numbered, fingerprinted, in both languages, for whoever sees it, each time recorded."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable

import pytest
from django.test import Client
from tests.business.kpi.desk import MARCH, NOW, at, put

from lamplighter.base.security.actor import Actor, Level, Right, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.kpi.appraisals import AppraisalRow, find_appraisal, issue_appraisal
from lamplighter.business.kpi.models import Appraisal
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.records import Period
from lamplighter.business.kpi.reports import fingerprint, report_number
from lamplighter.business.kpi.rules.definitions import read_kpi_settings
from lamplighter.business.network.desk_queries import FoundUnit

SETTINGS = read_kpi_settings(on=NOW.date())
RIGHTS = frozenset({Right.SEE_FIGURES, Right.SUPERVISE_TICKETS})
BOSS = Actor(1, "Gao", "S1", Level.STATION, frozenset(), RIGHTS)


@pytest.fixture
def issued(company: None) -> AppraisalRow:
    """March of S1: one of two in time."""
    put(1)
    put(2, replied_at=at(9), closed_at=at(9))
    count_figures(settings=SETTINGS, now=NOW)
    unit = FoundUnit("S1", "S1所", Level.STATION, "N")
    return issue_appraisal(actor=BOSS, unit=unit, period=Period(MARCH, MARCH), settings=SETTINGS, now=NOW)


class TestFingerprint:
    def test_is_of_what_was_issued_and_can_be_repeated_elsewhere(self, issued: AppraisalRow) -> None:
        said = {
            "number": "KH-S1-202603-202603",
            "unit": "S1所",
            "figures": Appraisal.objects.get().figures,
            "issued_at": NOW.astimezone(dt.UTC).isoformat(),
            "by": "Gao",
        }
        written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

        assert report_number(issued) == "KH-S1-202603-202603"
        assert fingerprint(issued) == hashlib.sha256(written.encode()).hexdigest()

    def test_changes_with_a_figure(self, issued: AppraisalRow) -> None:
        kept = Appraisal.objects.get()
        kept.figures[0]["target"] = 0.5
        kept.save()

        changed = find_appraisal(actor=BOSS, number=issued.number)
        assert changed is not None
        assert fingerprint(changed) != fingerprint(issued)


class TestReport:
    @pytest.mark.parametrize("spoken", ["zh", "en"])
    def test_is_a_pdf_named_by_its_number(
        self, spoken: str, issued: AppraisalRow, log_in: Callable[..., Client]
    ) -> None:
        answer = log_in(Role.MANAGER, unit="S1").get(f"/kpi/appraisals/{issued.number}/report-{spoken}.pdf")

        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
        assert f'filename="KH-S1-202603-202603-{spoken}.pdf"' in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_differs_by_language_and_is_the_same_twice(
        self, issued: AppraisalRow, log_in: Callable[..., Client]
    ) -> None:
        client = log_in(Role.MANAGER, unit="S1")
        first, again, english = (
            client.get(f"/kpi/appraisals/{issued.number}/report-{spoken}.pdf").content for spoken in ("zh", "zh", "en")
        )

        assert first == again != english

    def test_is_recorded_with_its_fingerprint(self, issued: AppraisalRow, log_in: Callable[..., Client]) -> None:
        log_in(Role.MANAGER, unit="S1").get(f"/kpi/appraisals/{issued.number}/report-zh.pdf")

        entry = Entry.objects.filter(act="export_downloaded").latest("pk")
        assert (entry.kind, json.loads(entry.after)["sha256"]) == ("kpi.appraisal", fingerprint(issued))

    @pytest.mark.parametrize(("unit", "path"), [("S2", "report-zh.pdf"), ("S1", "report-fr.pdf")])
    def test_is_not_there_for_a_unit_beside_or_in_another_language(
        self, unit: str, path: str, issued: AppraisalRow, log_in: Callable[..., Client]
    ) -> None:
        client = log_in(Role.MANAGER, unit=unit)

        assert client.get(f"/kpi/appraisals/{issued.number}/{path}").status_code == 404


class TestVerifying:
    def test_says_whether_a_paper_says_what_was_issued(
        self, issued: AppraisalRow, log_in: Callable[..., Client]
    ) -> None:
        client = log_in(Role.MANAGER, unit="S1")

        def said(sha256: str) -> str:
            return client.get(f"/kpi/appraisals/{issued.number}/?sha256={sha256}").content.decode()

        assert "The paper says what was issued." in said(fingerprint(issued))
        assert "The paper does not say what was issued" in said("0" * 64)
