"""Numbers as they are spoken and as they are written, both ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.service_desk.voice.numbers import (
    count_in_words,
    read_digits,
    spell_spoken,
    write_spoken,
    yuan_in_words,
)
from lamplighter.methods.language.numerals import read_numeral


class TestWhatWasHeard:
    @pytest.mark.parametrize(
        ("heard", "written"),
        [
            ("户号幺零零零零零零二四八", "户号1000000248"),
            ("我的户号是1 0 0 0 0 0 0 2 4 8", "我的户号是1000000248"),
            ("户号1000-0002-48", "户号1000000248"),
            ("account 1, 2, 3, 4, 5, 6, 7, 8, 9, 0.", "account 1234567890."),
            ("电话是幺三八、幺二三四、五六七八", "电话是13812345678"),
            ("户号1000000248,二零二五年八月", "户号1000000248,2025年8月"),
            ("十二月份的电费", "12月份的电费"),
            ("一百二十三块四毛五", "123.45元"),
            ("十二块五", "12.5元"),
            ("五块一度电", "5块1度电"),
            ("三百多块", "300多块"),
            ("两千零五度", "2005度"),
        ],
    )
    def test_has_its_numbers_as_figures(self, heard: str, written: str) -> None:
        assert write_spoken(heard) == written

    @pytest.mark.parametrize(
        "heard", ["等一下", "三相电", "一户一表", "万一停电", "两部制电价", "有两块电表", "第一档", "上个月", "12,15"]
    )
    def test_that_is_no_number_is_left_as_it_was_said(self, heard: str) -> None:
        assert write_spoken(heard) == heard


class TestWhatIsSpoken:
    @pytest.mark.parametrize(
        ("written", "spoken"),
        [
            ("电费12.50元", "电费十二元五角"),
            ("户号******0248", "户号尾号零二四八"),
            ("2025-08", "二零二五年八月"),
            ("2025年10月1日", "二零二五年十月一日"),
            ("多3.5%", "多百分之三点五"),
            ("急救 120，供电抢修 95598。", "急救 幺二零，供电抢修 九五五九八。"),
            ("1,234.5 千瓦时", "一千二百三十四点五 千瓦时"),
            ("14:05", "十四点零五分"),
            ("45分钟内", "四十五分钟内"),
            ("工单 GD-20260309-000001", "工单 GD 二零二六零三零九 零零零零零幺"),
            ("少了-3.20元", "少了负三元二角"),
        ],
    )
    def test_has_its_figures_in_words(self, written: str, spoken: str) -> None:
        assert spell_spoken(written) == spoken

    def test_says_accounts_digit_by_digit_with_yao_for_one(self):
        assert read_digits("1000000248") == "幺零零零零零零二四八"

    @given(st.integers(min_value=0, max_value=99_999_999))
    def test_counts_so_that_the_same_number_is_read_again(self, value: int) -> None:
        assert read_numeral(count_in_words(Decimal(value))) == value

    @given(st.integers(min_value=1, max_value=99_999_999))
    def test_of_an_amount_is_heard_as_the_same_amount(self, fen: int) -> None:
        spoken = yuan_in_words(Decimal(fen) / 100)

        yuan, _, rest = spoken.rpartition("元")
        jiao, _, left = rest.rpartition("角")
        parts = (yuan or "零", jiao.strip("零") or "零", left.strip("零分") or "零")
        whole, tenth, hundredth = (int(read_numeral(part) or 0) for part in parts)
        assert whole * 100 + tenth * 10 + hundredth == fen
