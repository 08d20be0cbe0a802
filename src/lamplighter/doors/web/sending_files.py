"""Files that came from outside, handed out: to be saved, never shown or run in a page."""

from __future__ import annotations

from pathlib import Path

from django.http import Http404, HttpResponse

from lamplighter.base.documents.attachments import ENDINGS


def hand_out(path: Path, *, name: str, media_type: str) -> HttpResponse:
    """Return a file as an attachment; the browser must neither guess what it is nor run anything in it.

    Args:
        path: where it lies.
        name: name it gets; the ending of its kind is added where it has none.
        media_type: what it is.
    """
    if not path.exists():
        raise Http404
    # 20 MB at most: whole, so that it is answered alike by every server.
    answer = HttpResponse(path.read_bytes(), content_type=media_type)
    whole = name if "." in name else f"{name}.{ENDINGS[media_type]}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
