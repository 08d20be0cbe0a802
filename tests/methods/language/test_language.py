from decimal import Decimal

import numpy as np
import pytest

from lamplighter.methods.language.classifier import load_classifier, train_classifier
from lamplighter.methods.language.features import FeatureWeights
from lamplighter.methods.language.numerals import find_numbers, read_numeral
from lamplighter.methods.language.sounds import sound_of
from lamplighter.methods.language.writing import plain_writing


class TestWriting:
    def test_makes_traditional_wide_and_stretched_writing_plain(self):
        assert plain_writing("電費太高！！！！　ＡＢＣ") == "电费太高!! abc"

    def test_takes_out_signs_nobody_sees(self):
        assert plain_writing("冒\u200b烟") == "冒烟"

    def test_leaves_the_zeros_of_a_number(self):
        assert plain_writing("1000000248") == "1000000248"


class TestNumerals:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("一百二十", "120"),
            ("一百二", "120"),
            ("一百零二", "102"),
            ("两千零五", "2005"),
            ("十二", "12"),
            ("廿五", "25"),
            ("一万二", "12000"),
            ("二〇二五", "2025"),
            ("三点五", "3.5"),
            ("1,200.5", "1200.5"),
            ("1.2万", "12000"),
        ],
    )
    def test_reads_both_writings(self, written, value):
        assert read_numeral(written) == Decimal(value)

    @pytest.mark.parametrize("written", ["万", "", "二五十"])
    def test_does_not_read_what_is_no_number(self, written):
        assert read_numeral(written) is None

    def test_a_thousand_before_a_watt_is_a_unit(self):
        assert [number.written for number in find_numbers("用了300千瓦时,装了三百千瓦,欠两千元")] == [
            "300",
            "三百",
            "两千",
        ]


class TestSounds:
    def test_makes_alike_what_many_speakers_mix_up(self):
        assert sound_of("听电") == sound_of("停店") == sound_of("停电")


def no_terms(text: str) -> tuple[str, ...]:
    return ()


TEXTS = ("红苹果甜", "苹果很红", "青苹果酸", "公交车晚点", "公交车几点来", "末班公交车")
LABELS = ("fruit", "fruit", "fruit", "bus", "bus", "bus")
GROUPS = ("a", "b", "c", "d", "e", "f")


class TestClassifier:
    def test_tells_texts_apart_it_has_not_seen(self):
        learned, _ = train_classifier(TEXTS, LABELS, groups=GROUPS, terms_of=no_terms)

        shares = learned.shares(["苹果甜不甜", "公交车来了"])

        assert [learned.classes[at] for at in shares.argmax(axis=1)] == ["fruit", "bus"]
        np.testing.assert_allclose(shares.sum(axis=1), 1.0)

    def test_tells_english_words_apart_whatever_letters_they_share(self):
        learned, _ = train_classifier(
            ("my bill", "the bill", "bill please", "my meter", "the meter", "meter please"),
            ("bill", "bill", "bill", "meter", "meter", "meter"),
            groups=GROUPS,
            terms_of=no_terms,
            weights=FeatureWeights(sounds=0.0, terms=0.0, pairs=0.0),
        )

        shares = learned.shares(["bill, the other one", "a meter at the mill"])

        assert [learned.classes[at] for at in shares.argmax(axis=1)] == ["bill", "meter"]

    def test_is_as_sure_as_it_was_right_of_groups_it_had_not_seen(self):
        # Half the texts lie: whoever judged only what it had learned would be sure of every one.
        texts = [f"{word}{number}" for number in range(20) for word in ("苹果", "公交")]
        labels = ["fruit" if ("苹果" in text) != (place % 4 < 2) else "bus" for place, text in enumerate(texts)]

        learned, _ = train_classifier(texts, labels, groups=[str(place) for place in range(40)], terms_of=no_terms)

        assert learned.shares(["苹果"]).max() < 0.7

    def test_is_the_same_from_its_file(self, tmp_path):
        learned, _ = train_classifier(TEXTS, LABELS, groups=GROUPS, terms_of=no_terms)
        learned.save(tmp_path / "kept.npz", stamp="one")

        kept = load_classifier(tmp_path / "kept.npz", stamp="one", terms_of=no_terms)

        assert kept is not None
        np.testing.assert_allclose(kept.shares(TEXTS), learned.shares(TEXTS))
        assert load_classifier(tmp_path / "kept.npz", stamp="another", terms_of=no_terms) is None
        assert load_classifier(tmp_path / "absent.npz", stamp="one", terms_of=no_terms) is None
