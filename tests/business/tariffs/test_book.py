"""What is on record: read whole or refused whole, the company's own over the packaged one, each day its own version."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lamplighter.business.tariffs.records import Period
from lamplighter.business.tariffs.rules.book import BookBroken, TariffUnknown, load_book

OWN = """
[[tariff]]
code = "own.home"
version = "{version}"
valid_from = {valid_from}
classes = ["residential"]
price_classes = ["R1"]
zh = "居民"
en = "home"
prices = {{ flat = {price} }}
source = "price list"
evidence = "R"
"""


def own_book(tmp_path: Path, *texts: str):
    file = tmp_path / "tariffs.toml"
    file.write_text("\n".join(texts), encoding="utf-8")
    return load_book(file=file)


class TestBook:
    def test_gives_each_day_the_version_that_holds(self, tmp_path):
        old = OWN.format(version="1", valid_from="2025-01-01", price="0.50")
        new = OWN.format(version="2", valid_from="2025-03-11", price="0.60")
        book = own_book(tmp_path, old, new)

        assert book.tariff("own.home", on=date(2025, 3, 10)).prices[Period.FLAT] == Decimal("0.50")
        assert book.tariff("own.home", on=date(2025, 3, 11)).prices[Period.FLAT] == Decimal("0.60")
        assert book.changes("R1", first_on=date(2025, 3, 1), end_on=date(2025, 4, 1)) == (date(2025, 3, 11),)
        with pytest.raises(TariffUnknown):
            book.tariff("own.home", on=date(2024, 12, 31))

    def test_knows_a_word_of_the_archive_only_where_the_company_says_so(self, tmp_path):
        book = own_book(tmp_path, OWN.format(version="1", valid_from="2025-01-01", price="0.50"))

        assert book.assigned("R1", on=date(2025, 3, 1)).code == "own.home"
        for word in ("residential", "", None):
            assert book.assigned(word, on=date(2025, 3, 1)) is None

    def test_offers_only_the_companys_own(self, tmp_path):
        book = own_book(tmp_path, OWN.format(version="1", valid_from="2025-01-01", price="0.50"))

        found = book.offered(customer_class="residential", on=date(2025, 3, 1))

        assert [tariff.code for tariff in found] == ["own.home"]
        assert load_book().offered(customer_class="residential", on=date(2025, 3, 1)) == ()

    def test_carries_a_mark_of_the_companys_file(self, tmp_path):
        first = own_book(tmp_path, OWN.format(version="1", valid_from="2025-01-01", price="0.50")).version
        second = own_book(tmp_path, OWN.format(version="1", valid_from="2025-01-01", price="0.51")).version

        assert first != second

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("prices = { flat = 0.5 }", 'prices = { flat = "0.5" }'),
            ("prices = { flat = 0.5 }", ""),
            ("prices = { flat = 0.5 }", 'prices = { flat = 0.5 }\nscheme = "nobody.wrote_it"'),
            ("prices = { flat = 0.5 }", "prices = { flat = 0.5 }\ntiers = [{ up_to_kwh = 100 }]"),
            ("prices = { flat = 0.5 }", 'prices = { flat = 0.5 }\ntier_span = "year"\ntiers = [{ up_to_kwh = 9 }]'),
            ("valid_from = 2025-01-01", 'valid_from = "soon"'),
            ('source = "price list"', ""),
        ],
    )
    def test_refuses_a_file_no_bill_could_be_made_of(self, tmp_path, old, new):
        text = OWN.format(version="1", valid_from="2025-01-01", price="0.5")
        assert old in text

        with pytest.raises(BookBroken):
            own_book(tmp_path, text.replace(old, new))

    def test_refuses_hours_that_leave_a_gap_or_overlap(self, tmp_path):
        scheme = """
[[scheme]]
code = "own.hours"
version = "1"
valid_from = 2025-01-01
zh = "时段"
en = "hours"
source = "price list"
evidence = "R"
[[scheme.seasons]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
hours = {{ peak = ["08:00-22:00"], valley = ["00:00-08:00", "{evening}-24:00"] }}
"""
        assert own_book(tmp_path, scheme.format(evening="22:00")).scheme("own.hours", on=date(2025, 3, 1))
        for evening in ("21:00", "23:00"):
            with pytest.raises(BookBroken):
                own_book(tmp_path, scheme.format(evening=evening))

    def test_says_where_every_packaged_figure_stands(self):
        book = load_book()

        for row in (*book.tariffs, *book.schemes, *book.rules):
            assert row.origin.source
            assert row.origin.evidence in ("R", "M-H", "M-M", "M-L", "P")

    def test_says_it_to_each_reader_in_his_language(self):
        rule = load_book().rule("rounding.money", on=date(2026, 1, 1))

        assert (rule.origin.say_source("zh"), rule.origin.say_source("en")) == ("公司惯例", "company practice")
        for row in (*load_book().tariffs, *load_book().schemes, *load_book().rules):
            assert re.search(r"[\u4e00-\u9fff]", row.origin.source_zh), row.origin.code
