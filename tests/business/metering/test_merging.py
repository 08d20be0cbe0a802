"""Merging: laws that hold for any readings, and the few cases by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.metering.rules.merging import Known, Statements, merge

NOTHING = Known(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.float32))
cell = st.sampled_from([np.nan, 1.0, 2.0])
statement = st.tuples(st.integers(0, 2), st.integers(0, 2), st.tuples(cell, cell, cell))


def say(*rows, dated=False):
    """Statements: (key, file, values) each; files are known a second apart."""
    files = np.array([file for _, file, _ in rows], np.int32)
    return Statements(
        key=np.array([key for key, _, _ in rows], np.int64),
        file=files,
        row=np.arange(len(rows), dtype=np.int64),
        known_at=files.astype(np.int64) * 1_000_000 + 10_000_000,
        is_dated=np.full(len(rows), dated),
        values=np.array([values for _, _, values in rows], np.float32).reshape(-1, 3),
    )


def known_from(outcome):
    """What a lake knows after an outcome."""
    if not outcome.key:
        return NOTHING
    key, known_at = np.concatenate(outcome.key), np.concatenate(outcome.known_at)
    order = np.lexsort((known_at, key))
    return Known(key[order], known_at[order], np.concatenate(outcome.values)[order])


def newest(known):
    return {int(key): values.tolist() for key, values in zip(known.key, known.values, strict=True)}


class TestMerge:
    @given(st.lists(statement, min_size=1, max_size=12))
    @settings(deadline=None, max_examples=150)
    def test_counts_every_reading_once(self, rows):
        said = say(*rows)

        outcome = merge(said, NOTHING, file_count=3)

        went = outcome.accepted + outcome.versioned + outcome.repeated
        ambiguous = np.bincount([entry[0] for entry in outcome.ambiguous], minlength=3)
        read = [int((~np.isnan(said.values[said.file == file])).sum()) for file in range(3)]
        assert (went + ambiguous).tolist() == read

    @given(st.lists(statement, min_size=1, max_size=12))
    @settings(deadline=None, max_examples=100)
    def test_of_the_same_again_accepts_nothing_new(self, rows):
        first = merge(say(*rows), NOTHING, file_count=3)

        again = merge(say(*[row for row in rows if row[1] == 2]), known_from(first), file_count=3)

        assert again.accepted.sum() == again.versioned.sum() == 0
        assert not again.key

    @given(st.lists(statement, min_size=1, max_size=8))
    @settings(deadline=None, max_examples=100)
    def test_of_files_one_by_one_ends_where_all_at_once_does(self, rows):
        at_once = known_from(merge(say(*rows), NOTHING, file_count=3))
        known = NOTHING
        for file in range(3):
            own = [row for row in rows if row[1] == file]
            if own:
                outcome = merge(say(*own), known, file_count=3)
                pieces = [known, known_from(outcome)]
                key = np.concatenate([piece.key for piece in pieces])
                known_at = np.concatenate([piece.known_at for piece in pieces])
                order = np.lexsort((known_at, key))
                values = np.concatenate([piece.values for piece in pieces])[order]
                known = Known(key[order], known_at[order], values)

        assert str(newest(known)) == str(newest(at_once))

    def test_gives_versions_of_one_key_instants_that_differ(self):
        said = say((1, 0, (1, 1, 1)), (1, 1, (2, 2, 2)))
        said.known_at[:] = 5

        outcome = merge(said, NOTHING, file_count=2)

        assert np.concatenate(outcome.known_at).tolist() == [5, 6]

    def test_puts_what_was_known_earlier_under_what_came_later(self):
        known = Known(np.array([1]), np.array([20_000_000]), np.array([[np.nan, 2, 2]], np.float32))

        outcome = merge(say((1, 0, (1, 1, np.nan)), dated=True), known, file_count=1)

        history = known_from(outcome)
        assert history.known_at.tolist() == [10_000_000, 20_000_001]
        assert str(history.values.tolist()) == "[[1.0, 1.0, nan], [1.0, 2.0, 2.0]]"
        assert (outcome.accepted[0], outcome.versioned[0]) == (2, 0)
