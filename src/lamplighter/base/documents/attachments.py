"""Files that come from outside: what they are by their own bytes, and whether they are taken in at all.

Nothing is decoded here. A picture says in its head how many points it unpacks to, so one that would fill the memory of
whoever opens it is found without opening it; a PDF that runs something or carries files is found by the names it must
write in clear. What a browser says of a file is nothing to go by.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
PDF: Final = "application/pdf"
TAKEN: Final = (JPEG, PNG, PDF)
"""Kinds that are taken in; a drawing that can hold a program (SVG) is not among them."""
LARGEST_BYTES: Final = 20 * 1024 * 1024
"""Largest file taken in: a photo of a telephone is a fifth of it."""
MOST_POINTS: Final = 120_000_000
"""Most points of a picture, width by height: the largest telephones take 108 million."""

ENDINGS: Final = {JPEG: "jpg", PNG: "png", PDF: "pdf"}
_MARKS: Final = {JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n", PDF: b"%PDF-"}
_ACTIVE: Final = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")
# Markers of a JPEG that begin a frame and so hold its size; the gaps are tables and such.
_FRAMES: Final = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class FileRefused(LamplighterError):
    """A file is not taken in; ``why`` is empty, too_large, kind, bomb or active."""

    def __init__(self, why: str, *, most_bytes: int = LARGEST_BYTES) -> None:
        self.why = why
        super().__init__(
            text(f"documents.refused.{why}", most=most_bytes // 1024 // 1024, points=MOST_POINTS // 1_000_000)
        )


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is taken in: what it is, its SHA-256, its bytes."""

    media_type: str
    sha256: str
    content: bytes

    @property
    def ending(self) -> str:
        """How its name ends, without the dot."""
        return ENDINGS[self.media_type]


def check_attachment(content: bytes, *, taken: Collection[str] = TAKEN, most_bytes: int = LARGEST_BYTES) -> Attachment:
    """Return a file that may be kept.

    Args:
        content: its bytes.
        taken: kinds that are taken in.
        most_bytes: its greatest size.

    Raises:
        FileRefused: empty, too large, of another kind, a picture that unpacks to too many points, or a PDF that runs
            something or carries other files.

    Example:
        >>> check_attachment(b"%PDF-1.7 ...").media_type
        'application/pdf'
    """
    if not content:
        raise FileRefused("empty")
    if len(content) > most_bytes:
        raise FileRefused("too_large", most_bytes=most_bytes)
    media_type = media_type_of(content)
    if media_type not in taken:
        raise FileRefused("kind")
    size = _points(content, media_type)
    if size is not None and size[0] * size[1] > MOST_POINTS:
        raise FileRefused("bomb")
    if media_type == PDF and any(name in content for name in _ACTIVE):
        raise FileRefused("active")
    return Attachment(media_type, hashlib.sha256(content).hexdigest(), content)


def media_type_of(content: bytes) -> str:
    """Return what a file is by its first bytes.

    Raises:
        FileRefused: none of the kinds we know.

    Example:
        >>> media_type_of(b"\\x89PNG\\r\\n\\x1a\\n...")
        'image/png'
    """
    for media_type, mark in _MARKS.items():
        if content.startswith(mark):
            return media_type
    raise FileRefused("kind")


def _points(content: bytes, media_type: str) -> tuple[int, int] | None:
    """Return width and height of a picture as its head says; None where it says nothing, and so unpacks to nothing."""
    if media_type == PNG and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _jpeg_points(content) if media_type == JPEG else None


def _jpeg_points(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None
