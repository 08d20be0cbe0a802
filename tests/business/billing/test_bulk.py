"""Bills in bulk are the bills of the Decimal path, to the last digit."""

from datetime import date
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.billing.records import Quantities, Segment, Terms
from lamplighter.business.billing.rules.bulk import KWH_SCALE, dial_hundredths, price_in_bulk, scaled, tier_rates
from lamplighter.business.billing.rules.pricing import price_lines
from lamplighter.business.tariffs.records import Period
from lamplighter.business.tariffs.rules.book import load_book
from lamplighter.business.tariffs.rules.tiers import tier_limits

BOOK = load_book()
MARCH, APRIL = date(2025, 3, 1), date(2025, 4, 1)
HUNDREDTHS = st.integers(0, 2_000_000)


class TestBulk:
    @given(
        rows=st.lists(st.tuples(HUNDREDTHS, HUNDREDTHS), min_size=1, max_size=20),
        code=st.sampled_from(["zj.residential", "zj.residential_shared"]),
    )
    def test_is_the_decimal_path(self, rows, code):
        tariff = BOOK.tariff(code, on=MARCH)
        kwh, before = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        limits = scaled(tier_limits(tariff, on=MARCH) or (None,), scale=KWH_SCALE)

        found = price_in_bulk(kwh=kwh, before=before, limits=limits, rates=tier_rates(tariff))

        for number, (energy, used) in enumerate(rows):
            segment = Segment(MARCH, APRIL, {Period.FLAT: Decimal(energy) / 100})
            lines = price_lines(
                quantities=Quantities((segment,), Decimal(used) / 100),
                terms=Terms("1", "residential", code),
                book=BOOK,
                tariff_on=lambda _: tariff,
            )
            cents = {(line.tier or 1) - 1: int(line.yuan * 100) for line in lines}
            hundredths = {(line.tier or 1) - 1: int(line.quantity * 100) for line in lines}
            tiers = range(found.cents.shape[1])
            assert found.cents[number].tolist() == [cents.get(tier, 0) for tier in tiers]
            assert found.kwh[number].tolist() == [hundredths.get(tier, 0) for tier in tiers]

    def test_rounds_half_a_cent_up(self):
        # 0.01 kWh × 0.5 = 0.005 yuan.
        found = price_in_bulk(
            kwh=np.array([1]), before=np.array([0]), limits=np.array([10**9]), rates=np.array([500_000])
        )
        assert found.cents.tolist() == [[1]]

    def test_leaves_readings_that_stand_between_two_hundredths_to_the_other_path(self):
        _, is_exact = dial_hundredths(np.array([999_999.99, 12.345, np.nan]))
        assert is_exact.tolist() == [True, False, False]

    def test_has_no_rate_finer_than_a_millionth(self):
        assert scaled([Decimal("0.1234567")], scale=1_000_000) is None
