"""What a telephone hands in of a visit is scored once it is whole, and whoever sent it sees it under contacts."""

import datetime as dt

import pytest
from tests.doors.web.field_company import Telephone
from tests.doors.web.test_field import case, client_of, home, telephone  # noqa: F401

from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.journeys.site_record_contacts import take_site_records

pytestmark = pytest.mark.django_db
SOON = dt.timedelta(minutes=1)


def noon_today() -> str:
    china = dt.timezone(dt.timedelta(hours=8))
    return dt.datetime.now(china).replace(hour=12, minute=0, second=0, microsecond=0).isoformat()


@pytest.fixture
def sent(telephone: Telephone) -> Telephone:  # noqa: F811
    telephone.other = {"started_at": noon_today(), "finished_at": noon_today(), "note": "户主狡辩，二相短接"}
    telephone.send_all()
    return telephone


class TestAHandedInVisit:
    def test_is_scored_once_it_is_whole_and_once_only(self, telephone: Telephone) -> None:  # noqa: F811
        now = dt.datetime.now(dt.UTC)
        telephone.part(next(iter(telephone.files)))
        assert take_site_records(now=now + SOON) == 0

        telephone.send_all()

        assert take_site_records(now=now + SOON) == 1
        assert take_site_records(now=now + SOON) == 0
        assert Contact.objects.get().channel == "site_record"

    def test_is_whoever_sent_its_and_shows_the_word_that_is_not_neutral(self, sent: Telephone) -> None:
        take_site_records(now=dt.datetime.now(dt.UTC) + SOON)

        contact = Contact.objects.get()
        lost = dict(contact.deductions.values_list("item", "turn"))
        assert lost["visit_words.not_neutral"] == 3
        # The work sheet is W-1, both certificates hold to 2036, the place is where the stop is, the chain is whole.
        assert not {each for each in lost if each.startswith(("visit_sheet", "visit_inspectors", "visit_seal"))}
        page = client_of("zhang").get(f"/contacts/{contact.pk}/")
        assert "<mark>狡辩</mark>" in page.content.decode()
        assert client_of("zhao").get(f"/contacts/{contact.pk}/").status_code == 404
        assert f"/cases/{contact.dialogue['about']['number']}/" in page.content.decode()
