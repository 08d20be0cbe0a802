"""The PDF: whole in both languages, the same bytes for the same night."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from lamplighter.base.lake import Lake
from lamplighter.base.messages import Language
from lamplighter.journeys.brief import Brief, collect_brief, render_pdf

NOW = datetime(2025, 4, 1, 3, 30)


def collect(lake: Lake) -> Brief:
    with lake.snapshot() as snapshot:
        return collect_brief(snapshot, now=NOW)


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "brief.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout


class TestPdf:
    @pytest.mark.requires("pdf-text")
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("zh", ["云岭供电公司", "检查清单", "台区电量平衡显示表计少计", "******1001", "窃电概率"]),
            ("en", ["Whom to visit first", "probability", "Can these figures be trusted?", "******1001"]),
        ],
    )
    def test_says_the_same_in_both_languages(
        self, lake: Lake, tmp_path: Path, language: Language, said: list[str]
    ) -> None:
        shown = text_of(render_pdf(collect(lake), language=language), tmp_path)

        assert [words for words in said if words not in shown] == []
        assert shown.count("\f") > 1

    def test_is_the_same_file_for_the_same_night(self, lake: Lake) -> None:
        brief = collect(lake)

        assert render_pdf(brief, language="zh") == render_pdf(brief, language="zh")

    @pytest.mark.requires("pdf-text")
    def test_says_in_words_what_is_not_there(self, make_lake: Callable[..., Lake], tmp_path: Path) -> None:
        brief = collect(make_lake(areas=2, with_list=False))
        bare = [replace(area, place=replace(area.place, longitude=None, latitude=None)) for area in brief.areas]

        shown = text_of(render_pdf(replace(brief, areas=tuple(bare), feeders=()), language="zh"), tmp_path)

        assert "还没有做过用电排查" in shown
        assert "档案中没有台区坐标" in shown
        assert "没有算出线路线损" in shown
