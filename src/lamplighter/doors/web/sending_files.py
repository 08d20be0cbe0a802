"""Files that came from outside or were made for one reader, handed out: to be saved, never shown or run in a page."""

from __future__ import annotations

from pathlib import Path

from django.http import Http404, HttpResponse

from lamplighter.base.documents.attachments import ENDINGS, PDF


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
    whole = name if "." in name else f"{name}.{ENDINGS[media_type]}"
    return _answer(path.read_bytes(), whole=whole, media_type=media_type)


def send_pdf(content: bytes, *, name: str) -> HttpResponse:
    """Return a PDF that was just made as an attachment of that name."""
    return _answer(content, whole=name, media_type=PDF)


def send_text(content: str, *, name: str) -> HttpResponse:
    """Return a text that was just made as an attachment of that name."""
    return _answer(content.encode("utf-8"), whole=name, media_type="text/plain; charset=utf-8")


def _answer(content: bytes, *, whole: str, media_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
