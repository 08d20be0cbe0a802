"""QR codes: the fixed patterns every reader looks for, and one size for one length."""

import pytest

from lamplighter.base.documents import qr_rows

FINDER = ("1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111")


class TestQrRows:
    @pytest.mark.parametrize("content", ["a", "https://example.org/?sha256=" + "0" * 64, "编号"])
    def test_are_square_with_a_finder_in_three_corners(self, content):
        rows = qr_rows(content)

        assert {len(row) for row in rows} == {len(rows)}
        assert tuple(row[:7] for row in rows[:7]) == FINDER
        assert tuple(row[-7:] for row in rows[:7]) == FINDER
        assert tuple(row[:7] for row in rows[-7:]) == FINDER
        assert tuple(row[-7:] for row in rows[-7:]) != FINDER

    def test_differ_with_the_content_but_not_in_size(self):
        one, two = qr_rows("0" * 64), qr_rows("1" * 64)

        assert one != two
        assert len(one) == len(two)
