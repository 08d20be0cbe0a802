"""The brief as one HTML file that needs nothing else: styles, scripts, charts and data are inside it."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib import resources
from typing import Any, Final

from lamplighter.base.documents.assets import ECHARTS
from lamplighter.base.messages import LANGUAGES, Language, catalogue, text
from lamplighter.journeys.brief.payload import build_payload
from lamplighter.journeys.brief.records import Brief
from lamplighter.journeys.brief.settings import BriefSettings, default_settings

SCRIPTS: Final = ("kit.js", "table.js", "drawer.js", "charts.js", "overview.js", "areas.js", "list.js", "main.js")
"""Scripts of the page in the order they need one another."""
_WORDS = "report.page."


def render_html(brief: Brief, *, settings: BriefSettings | None = None, first_language: Language = "zh") -> str:
    """Return the page.

    It opens in ``first_language`` and carries both. Its own policy forbids every connection, and every script but the
    two it was written with, so that a name out of a company's archive can never run.

    Args:
        brief: what to show.
        settings: how much of long tables the page carries.
        first_language: language it opens in.
    """
    data = build_payload(brief, settings or default_settings())
    script = "\n".join(_page_file(name) for name in SCRIPTS)
    charts = ECHARTS.read_text(encoding="utf-8")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_fingerprint(charts)}' '{_fingerprint(script)}'"
    )
    parts = {
        "LANGUAGE": {"zh": "zh-CN", "en": "en"}[first_language],
        "POLICY": policy,
        "TITLE": escape(
            text(
                "report.page.title_full",
                in_language=first_language,
                company=brief.company.name,
                on=brief.on_date.isoformat(),
            )
        ),
        "NO_SCRIPT": escape(" / ".join(text("report.page.no_script", in_language=spoken) for spoken in LANGUAGES)),
        "STYLE": _page_file("page.css"),
        "DATA": embed_json(data),
        "WORDS": embed_json({spoken: _words(spoken) for spoken in LANGUAGES}),
        "CHARTS": charts,
        "SCRIPT": script,
    }
    page = _page_file("page.html")
    # One pass from left to right: what is put in is never searched for further places.
    pieces = page.split("@@")
    return "".join(piece if number % 2 == 0 else parts[piece] for number, piece in enumerate(pieces))


def embed_json(value: Any) -> str:
    """Return JSON that may stand inside a script element: no sequence in it can end the element.

    Example:
        >>> embed_json({"name": "</script><b>"})
        '{"name":"\\\\u003c/script\\\\u003e\\\\u003cb\\\\u003e"}'
    """
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        plain = plain.replace(sign, f"\\u{ord(sign):04x}")
    return plain


def _words(spoken: Language) -> dict[str, str]:
    return {name.removeprefix(_WORDS): said for name, said in catalogue(spoken).items() if name.startswith(_WORDS)}


def _fingerprint(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


@cache
def _page_file(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")
