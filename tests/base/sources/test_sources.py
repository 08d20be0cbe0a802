"""Opening files from outside: bounded, checked, never outside their folder."""

import gzip
import os

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.base.sources import (
    FileMapping,
    MappingFaulty,
    PathLeavesFolder,
    SourceFile,
    SourceLimits,
    ZipBomb,
    fingerprint,
    list_files,
    mapping_for,
    read_batches,
    read_mapping,
)
from lamplighter.base.sources.opening import text_blocks


def batches(path, *, mapping=None, types=None, **limits):
    file = SourceFile(path, path.name, "csv")
    return list(
        read_batches(file, mapping=mapping or FileMapping(), types=lambda _: types or {}, limits=SourceLimits(**limits))
    )


class TestFolder:
    def test_lists_files_by_name_and_leaves_hidden_ones_out(self, tmp_path):
        for name in ("b.csv", "interval/a.CSV.gz", ".secret", ".git/x.csv"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()

        assert [(file.name, file.format) for file in list_files(tmp_path)] == [
            ("b.csv", "csv"),
            ("interval/a.CSV.gz", "csv"),
        ]

    def test_follows_a_link_that_stays_inside(self, tmp_path):
        (tmp_path / "a.csv").touch()
        os.symlink(tmp_path / "a.csv", tmp_path / "b.csv")

        assert [file.name for file in list_files(tmp_path)] == ["a.csv", "b.csv"]

    @pytest.mark.parametrize("target", ["..", "/etc/passwd", "../other.csv"])
    def test_refuses_a_link_that_leads_out(self, tmp_path, target):
        (tmp_path / "other.csv").touch()
        folder = tmp_path / "folder"
        folder.mkdir()
        os.symlink(target, folder / "a.csv")

        with pytest.raises(PathLeavesFolder):
            list_files(folder)


class TestBlocks:
    @given(st.text(alphabet="ab,\n电", max_size=200), st.integers(4, 40))
    def test_lose_nothing_whatever_their_size(self, words, size):
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as place:
            path = Path(place, "a.csv")
            path.write_text(words, encoding="gb18030", newline="")
            found = b"".join(text_blocks(path, name="a.csv", encoding="gb18030", limits=SourceLimits(block_bytes=size)))

        assert found.decode() == words + ("" if words.endswith("\n") or not words else "\n")

    def test_stop_at_a_bomb_before_it_is_unpacked(self, tmp_path):
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(b"0" * 79 + b"\n" + b"0\n" * 5_000_000))
        limits = SourceLimits(block_bytes=1 << 16, expansion_grace_bytes=1 << 20)
        blocks: list[int] = []

        with pytest.raises(ZipBomb):
            blocks.extend(map(len, text_blocks(path, name="a", encoding="utf-8", limits=limits)))

        assert sum(blocks) < 6_000_000


class TestBatches:
    def test_number_rows_from_one_across_blocks_misfits_and_blank_lines(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("a,b\n1,1\n\n2\n3,3\n" + "".join(f"{i},{i}\n" for i in range(4, 50)))

        found = batches(path, block_bytes=32)

        rows = {int(row): a for batch in found for row, a in zip(batch.rows, batch.table["a"].to_pylist(), strict=True)}
        assert rows == {i: str(i) for i in range(1, 50) if i != 2}
        assert [(m.row, m.line, m.column_count) for batch in found for m in batch.misfits] == [(2, "2", 1)]

    def test_come_as_words_where_a_value_is_not_of_its_type(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("a\n1\nx\n")

        batch = batches(path, types={"a": pa.float32()})[0]

        assert not batch.is_typed
        assert batch.table["a"].to_pylist() == ["1", "x"]

    def test_carry_our_names_and_constants(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("# made by X\n表号;值\nM1;2\n")
        mapping = FileMapping(columns={"meter_id": "表号"}, constants={"channel": "energy_kwh"}, header_row=2)

        table = batches(path, mapping=mapping)[0].table

        assert table.to_pylist() == [{"meter_id": "M1", "值": "2", "channel": "energy_kwh"}]

    def test_of_a_file_with_headings_only_have_no_row(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("a,b\n")

        found = batches(path)

        assert [batch.table.num_rows for batch in found] == [0]


class TestMapping:
    def test_names_every_fault_at_once(self, tmp_path):
        path = tmp_path / "m.toml"
        path.write_text(
            '[[file]]\ncolour = "x"\n[[file]]\nencoding = "utf-9"\ntimezone = "Peking"\n[[file]]\nlayout = "deep"\n'
        )

        with pytest.raises(MappingFaulty) as faulty:
            read_mapping(path)

        assert len(faulty.value.faults) == 4

    def test_is_the_first_that_matches(self):
        mappings = [FileMapping(match="a/*"), FileMapping(match="*", encoding="gb18030")]

        assert mapping_for("a/x.csv", mappings).encoding == "utf-8"
        assert mapping_for("b/x.csv", mappings).encoding == "gb18030"

    def test_survives_being_written_as_json(self):
        mapping = FileMapping(slots=("0:15",), values={"channel": {"正": "energy_kwh"}}, factors={"energy_kwh": 0.5})

        assert FileMapping.from_json(mapping.to_json()) == mapping

    def test_is_part_of_the_fingerprint(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("a\n")
        file = SourceFile(path, "a.csv", "csv")

        prints = {
            fingerprint(file, subject="units", mapping=FileMapping()),
            fingerprint(file, subject="areas", mapping=FileMapping()),
            fingerprint(file, subject="units", mapping=FileMapping(thousands=",")),
        }

        assert len(prints) == 3
