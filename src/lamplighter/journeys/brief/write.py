"""Write the brief of a night to files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from lamplighter.base.documents import replaced
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import LANGUAGES, Language, text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.journeys.brief.collect import collect_brief
from lamplighter.journeys.brief.html import render_html
from lamplighter.journeys.brief.pdf import render_pdf
from lamplighter.journeys.brief.records import Brief
from lamplighter.journeys.brief.settings import BriefSettings


class OutlinesUnreadable(LamplighterError):
    """The file of the units' outlines is not GeoJSON with polygons."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(text("report.outlines_unreadable", path=path))


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a brief.

    Attributes:
        on_date: the night.
        html: the page, in both languages.
        pdf: the PDF of each language.
    """

    on_date: date
    html: Path
    pdf: Mapping[Language, Path]


def write_brief(
    *,
    lake: Lake,
    folder: Path,
    now: datetime,
    on_date: date | None = None,
    outlines: Path | None = None,
    first_language: Language = "zh",
    settings: BriefSettings | None = None,
    progress: Progress = SILENT,
) -> Written:
    """Read a night and write its brief: one HTML page, and a PDF in each language.

    Args:
        lake: where the night was worked.
        folder: where the files go; made when absent, files of the same night are replaced.
        now: instant of writing, UTC-naive.
        on_date: the night; the newest worked one when None.
        outlines: GeoJSON of the company's units for the map; drawn around the areas when None or absent.
        first_language: language the page opens in.
        settings: limits and lengths; those of the package when None.
        progress: told about each file.

    Raises:
        NothingWorked: no night was ever worked.
        NightNotWorked: not this one.
        CompanyMissing: the lake does not say whose figures these are.
        OutlinesUnreadable: the outlines are not GeoJSON.
    """
    drawn = read_outlines(outlines) if outlines is not None and outlines.exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    with progress.step(text("report.step.write"), total=2 + len(LANGUAGES), unit=text("report.step.part")) as advance:
        with lake.snapshot() as snapshot:
            brief = collect_brief(snapshot, on_date=on_date, now=now, outlines=drawn, settings=settings)
        advance(1)
        page = folder / f"{_name(brief)}.html"
        with replaced(page) as staged:
            staged.write_text(render_html(brief, settings=settings, first_language=first_language), encoding="utf-8")
        advance(1)
        printed: dict[Language, Path] = {}
        for spoken in LANGUAGES:
            printed[spoken] = folder / f"{_name(brief)}.{spoken}.pdf"
            with replaced(printed[spoken]) as staged:
                staged.write_bytes(render_pdf(brief, language=spoken, settings=settings))
            advance(1)
    return Written(on_date=brief.on_date, html=page, pdf=printed)


def read_outlines(path: Path) -> Mapping[str, object]:
    """Return the polygons of a GeoJSON file, the smallest units only: larger ones would lie over them.

    Raises:
        OutlinesUnreadable: the file is not a FeatureCollection of polygons.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        features = [
            feature
            for feature in found["features"]
            if feature["geometry"]["type"] in ("Polygon", "MultiPolygon") and isinstance(feature["properties"], dict)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise OutlinesUnreadable(path) from error
    if not features:
        raise OutlinesUnreadable(path)
    stations = [feature for feature in features if feature["properties"].get("level") == "station"]
    return {"type": "FeatureCollection", "features": stations or features}


def newest_page(folder: Path) -> Path | None:
    """Return the page of the newest night in a folder; None where there is none."""
    return max(folder.glob("brief-*.html"), default=None)


def _name(brief: Brief) -> str:
    return f"brief-{brief.on_date.isoformat()}"
