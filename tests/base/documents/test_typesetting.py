"""Documents set with typst."""

from datetime import UTC, datetime

import pytest

from lamplighter.base.documents import TemplateBroken, typeset

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


class TestTypeset:
    def test_gives_the_same_bytes_for_the_same_data(self) -> None:
        template = "#json(bytes(sys.inputs.data)).said"

        assert typeset(template, {"said": "台区"}, made_at=NEW_YEAR) == typeset(
            template, {"said": "台区"}, made_at=NEW_YEAR
        )

    def test_says_what_is_wrong_with_a_template(self) -> None:
        with pytest.raises(TemplateBroken, match="unknown variable"):
            typeset("#nobody", {}, made_at=NEW_YEAR)

    def test_carries_its_own_signs(self) -> None:
        pdf = typeset("熠 鑫 堃 昇 掌灯", {}, made_at=NEW_YEAR)

        # A font the machine lends would not be there on another machine.
        assert b"NotoSansSC" in pdf
