"""Limits and purposes: versioned, and the company's own go first."""

import datetime as dt
from pathlib import Path

import pytest

from lamplighter.base.messages import catalogue
from lamplighter.base.security.policy import PolicyInvalid, read_policy

DAY = dt.date(2026, 11, 26)


class TestPolicy:
    def test_says_that_a_proposal_is_to_be_confirmed(self) -> None:
        assert read_policy(on=DAY).limits["unmaskings_a_day"].needs_confirmation

    def test_holds_nothing_before_it_began(self) -> None:
        assert read_policy(on=dt.date(2025, 1, 1)).purposes == ()

    def test_has_words_for_every_purpose_in_both_languages(self) -> None:
        for purpose in read_policy(on=DAY).purposes:
            assert f"security.purpose.{purpose.code}" in catalogue("zh").keys() & catalogue("en").keys()

    def test_takes_the_companys_own_from_the_day_it_holds(self, tmp_path: Path) -> None:
        (tmp_path / "security.toml").write_text(
            '[[limit]]\nname = "unmaskings_a_day"\nrule_id = "SEC-1"\nvalid_from = 2026-12-01\nvalue = 5\nunit = ""\n'
            'source = "company order 7"\nevidence = "R"\n',
            encoding="utf-8",
        )

        assert read_policy(on=DAY, folder=tmp_path).limits["unmaskings_a_day"].value == 30
        assert read_policy(on=dt.date(2026, 12, 1), folder=tmp_path).limits["unmaskings_a_day"].value == 5

    def test_reads_the_companys_own_again_once_it_was_written_again(self, tmp_path: Path) -> None:
        own = (
            '[[limit]]\nname = "unmaskings_a_day"\nrule_id = "SEC-1"\nvalid_from = 2026-11-01\nvalue = {}\nunit = ""\n'
            'source = "company order 7"\nevidence = "R"\n'
        )
        (tmp_path / "security.toml").write_text(own.format(5), encoding="utf-8")
        before = read_policy(on=DAY, folder=tmp_path).limits["unmaskings_a_day"].value

        (tmp_path / "security.toml").write_text(own.format(12), encoding="utf-8")

        assert (before, read_policy(on=DAY, folder=tmp_path).limits["unmaskings_a_day"].value) == (5, 12)

    def test_lets_the_company_end_a_purpose(self, tmp_path: Path) -> None:
        (tmp_path / "security.toml").write_text(
            '[[purpose]]\ncode = "complaint"\nvalid_from = 2026-06-01\nvalid_until = 2026-11-01\nlegal_basis = "-"\n'
            'evidence = "R"\n',
            encoding="utf-8",
        )

        assert read_policy(on=dt.date(2026, 10, 31), folder=tmp_path).purpose("complaint") is not None
        assert read_policy(on=DAY, folder=tmp_path).purpose("complaint") is None

    @pytest.mark.parametrize("own", ['[[limit]]\nname = "strange"', "not toml", '[[purpose]]\ncode = "x"\nwhy = 1'])
    def test_refuses_a_file_it_does_not_understand(self, own: str, tmp_path: Path) -> None:
        (tmp_path / "security.toml").write_text(own, encoding="utf-8")

        with pytest.raises(PolicyInvalid):
            read_policy(on=DAY, folder=tmp_path)
