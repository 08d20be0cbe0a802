"""A second opinion from vectors of whole sentences."""

from collections.abc import Sequence

import numpy as np
import pytest

from lamplighter.methods.language.classifier import HeldBack, TextClassifier, train_classifier
from lamplighter.methods.language.sentences import (
    SecondOpinion,
    Vectors,
    fit_planes,
    load_second_opinion,
    packaged_vectors,
    train_second_opinion,
)

TEXTS = ("甲一", "乙二", "丙三", "丁四", "戊五", "己六", "庚七", "辛八")
"""No two share a sign: n-grams tell nothing of one that was held back."""
LABELS = ("fruit", "bus") * 4
GROUPS = ("a", "b", "c", "d", "e", "f", "g", "h")


def meaning(texts: Sequence[str]) -> Vectors:
    """Vectors that know what each text is about: (1, 0) a fruit, (0, 1) a bus."""
    is_fruit = [text in TEXTS[::2] or text == "壬九" for text in texts]
    return np.array([(1.0, 0.0) if fruit else (0.0, 1.0) for fruit in is_fruit], dtype=np.float32)


def words() -> tuple[TextClassifier, HeldBack]:
    return train_classifier(TEXTS, LABELS, groups=GROUPS, terms_of=lambda text: ())


def both() -> SecondOpinion:
    first, held_back = words()
    return train_second_opinion(first, held_back, texts=TEXTS, labels=LABELS, groups=GROUPS, vectors_of=meaning)


class TestPlanes:
    def test_lie_between_the_classes(self):
        vectors = np.array([(1, 0), (1, 0.2), (0, 1), (0.2, 1)], dtype=np.float32)

        planes = fit_planes(vectors, np.array([0, 0, 1, 1]), classes=2)

        assert planes.margins(vectors).argmax(axis=1).tolist() == [0, 0, 1, 1]

    def test_of_a_class_without_an_example_are_never_the_best(self):
        vectors = np.array([(1, 0), (0, 1)], dtype=np.float32)

        planes = fit_planes(vectors, np.array([0, 2]), classes=3)

        assert planes.margins(vectors).argmax(axis=1).tolist() == [0, 2]


class TestSecondOpinion:
    def test_tells_apart_what_shares_no_sign_with_anything_learned(self):
        shares = both().shares(["壬九", "癸十"])

        assert [both().classes[at] for at in shares.argmax(axis=1)] == ["fruit", "bus"]
        np.testing.assert_allclose(shares.sum(axis=1), 1.0)

    def test_counts_where_it_helped_with_texts_held_back(self):
        assert both().weight > 0

    def test_is_the_same_from_its_file(self, tmp_path):
        learned = both()
        learned.save(tmp_path / "kept.npz", stamp="one")

        kept = load_second_opinion(tmp_path / "kept.npz", stamp="one", first=learned.first, vectors_of=meaning)

        assert kept is not None
        np.testing.assert_allclose(kept.shares(TEXTS), learned.shares(TEXTS))
        assert load_second_opinion(tmp_path / "kept.npz", stamp="two", first=learned.first, vectors_of=meaning) is None


@pytest.mark.requires("embed")
class TestPackagedVectors:
    def test_lie_nearer_for_what_means_the_same(self):
        power, light, weather = packaged_vectors()(["家里停电了", "屋里的灯都不亮了", "明天会下雨吗"])

        assert power @ light > power @ weather
        assert np.linalg.norm(power) == pytest.approx(1.0, abs=1e-3)
