"""A problem as programs get it (RFC 9457): a status, a code that stays, and the sentence in either language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse

from lamplighter.base.messages import LANGUAGES, Said, language, text

MEDIA_TYPE: Final = "application/problem+json"


def problem(
    status: int,
    code: str,
    sentence: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a problem as an answer.

    Args:
        status: of the answer.
        code: what went wrong, in snake case.
        sentence: in the language asked for; a message is said in the other one as well.
        errors: field and sentence of each fault.
        headers: further headers.
    """
    said = sentence if isinstance(sentence, Said) and sentence.message_id else None
    content: dict[str, Any] = {
        "type": f"urn:lamplighter:problem:{code}",
        "title": text(f"api.status.{status}"),
        "status": status,
        "code": code,
        "message_id": said.message_id if said else "",
        "detail": str(sentence),
        "texts": {each: said.in_language(each) for each in LANGUAGES} if said else {language(): str(sentence)},
        "errors": list(errors),
    }
    return HttpResponse(json.dumps(content), status=status, content_type=MEDIA_TYPE, headers=headers)
