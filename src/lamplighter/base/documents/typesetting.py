"""Set a document with typst: a template and data become PDF, without system libraries, system fonts or a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import typst

from lamplighter.base.documents.assets import FONTS


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


class TemplateBroken(RuntimeError):
    """A template does not compile with the data it was given: a defect of ours."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(f"The document could not be set: {fault}")


def typeset(template: str, data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Return the PDF of a template; its fonts are the ones that ship with the package, cut to the signs it uses.

    Args:
        template: typst source; it reads the data as ``json(bytes(sys.inputs.data))`` and nothing else.
        data: JSON-able.
        made_at: instant written into the file, so that the same data give the same bytes.

    Raises:
        TemplateBroken: the template does not compile.

    Example:
        >>> from datetime import UTC
        >>> new_year = datetime(2025, 1, 1, tzinfo=UTC)
        >>> typeset("你好 #json(bytes(sys.inputs.data)).who", {"who": "Lamplighter"}, made_at=new_year)[:5]
        b'%PDF-'
    """
    try:
        made: bytes = typst.compile(
            template.encode("utf-8"),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False, allow_nan=False)},
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise TemplateBroken(str(error)) from error
    return made
