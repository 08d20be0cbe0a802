"""Setting a document as PDF: two Chinese copies, and an English version where the company wants one."""

from __future__ import annotations

from importlib import resources
from typing import Any
from urllib.parse import urlencode

from lamplighter.base.documents import qr_rows, typeset
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text
from lamplighter.business.inspection.notices.blocks import Words
from lamplighter.business.inspection.notices.fingerprint import KIND_OF, fingerprint
from lamplighter.business.inspection.notices.forms import blocks_of
from lamplighter.business.inspection.records.notices import Document
from lamplighter.business.inspection.rules.law import Law


class InspectorsTooFew(LamplighterError):
    """A paper names fewer inspectors than must be on site."""

    def __init__(self, number: str, *, count: int, least: int) -> None:
        self.number, self.count, self.least = number, count, least
        super().__init__(text("inspection.error.inspectors_few", number=number, count=count, least=least))


COPIES = ("stub", "served")
"""Filed with the company, and served on the user."""


def print_document(document: Document, *, law: Law, languages: str = "zh", verify_url: str = "") -> bytes:
    """Return a document as PDF; the same content gives the same bytes.

    Args:
        document: what it says.
        law: that of the day of the act, for the words of acts and clauses.
        languages: ``zh`` for the Chinese original, ``zh_en`` with an English version after it.
        verify_url: address that checks number and fingerprint; without one the code carries these alone.

    Raises:
        InspectorsTooFew: fewer inspectors than the law of the day wants on site.
        LawMissing: an act that the law of the day does not know.
    """
    least = int(law.rule("visit.inspectors").number)
    if len({inspector.name for inspector in document.inspectors}) < least:
        raise InspectorsTooFew(document.number, count=len(document.inspectors), least=least)
    sha256 = fingerprint(document)
    data = {
        "copies": [_copy(document, law, "zh", copy) for copy in COPIES],
        "qr": qr_rows(_verification(document.number, sha256, verify_url)),
        "sha256": sha256,
    }
    if languages == "zh_en":
        data["copies"].append(_copy(document, law, "en", "translation"))  # type: ignore[attr-defined]  # a list
    template = resources.files(__package__).joinpath("form.typ").read_text(encoding="utf-8")
    return typeset(template, data, made_at=document.made_at)


def _verification(number: str, sha256: str, verify_url: str) -> str:
    query = urlencode({"no": number, "sha256": sha256})
    return f"{verify_url}?{query}" if verify_url else f"lamplighter:verify?{query}"


def _copy(document: Document, law: Law, language: Language, copy: str) -> dict[str, Any]:
    words = Words(language)
    kind = KIND_OF[type(document)]
    return {
        "language": language,
        "company": document.company,
        "title": words(f"document.{kind}"),
        "number": words("form.number", number=document.number),
        "copy": words(f"copy.{copy}"),
        "blocks": blocks_of(document, words, law),
        "words": {name: words(f"foot.{name}") for name in ("sha256", "verify", "page")},
    }
