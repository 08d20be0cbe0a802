"""Personal data are masked unless asked for."""

import pyarrow as pa
import pytest

from lamplighter.business.customers.rules import mask_table, mask_word
from lamplighter.business.customers.tables import CUSTOMER


class TestMask:
    @pytest.mark.parametrize(
        ("column", "word", "masked"),
        [
            ("name", "王小明", "王**"),
            ("telephone", "13812345678", "138****5678"),
            ("telephone", "12345", "*****"),
            ("address", "幸福路12号", "幸福路***"),
            ("account_id", "0012345678", "******5678"),
        ],
    )
    def test_leaves_enough_to_recognise_ones_own(self, column, word, masked):
        assert mask_word(word, column=column) == masked

    def test_of_a_table_hides_every_personal_column_and_no_other(self):
        row = {"account_id": ["0012345678"], "name": ["王小明"], "class": ["residential"], "longitude": [120.5]}

        masked = mask_table(pa.table(row), CUSTOMER).to_pylist()[0]

        assert masked == {"account_id": "******5678", "name": "王**", "class": "residential", "longitude": None}
