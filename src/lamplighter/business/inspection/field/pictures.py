"""Pictures from a telephone: what is one, what its camera wrote into it, and the copy that is shown without that."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}
MOST_PIXELS: Final = 64_000_000
"""A picture of a telephone has 12 to 50 million; beyond, a small file would fill the memory."""
SHOWN_PIXELS: Final = 1600
"""Longer side of the copy that is shown."""
_LONGEST_WORD: Final = 200
_MOST_TAGS: Final = 120


class PictureRefused(LamplighterError):
    """Bytes are no picture that is taken in; ``why`` is kind, pixels or broken."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"field.refused.{why}", most=MOST_PIXELS // 1_000_000))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read to its end.

    Attributes:
        media_type: by its content.
        shown: JPEG of it, turned upright, without anything its camera wrote.
        exif: what the camera wrote, by name; words and numbers alone.
    """

    media_type: str
    shown: bytes
    exif: Mapping[str, Any]


def read_picture(content: bytes) -> Picture:
    """Read a picture to its end; what looks like one and is not, or would not fit in memory, is refused.

    Raises:
        PictureRefused: no JPEG or PNG, too many pixels, or cut short.

    Example:
        >>> drawn = io.BytesIO()
        >>> Image.new("L", (4, 2)).save(drawn, format="PNG")
        >>> read_picture(drawn.getvalue()).media_type
        'image/png'
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of what it thinks too large; we count for ourselves, before a pixel is read.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise PictureRefused("pixels")
                media_type, exif = FORMATS[picture.format or ""], _exif_of(picture)
                picture.draft("RGB", (SHOWN_PIXELS, SHOWN_PIXELS))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
                shown = io.BytesIO()
                _on_white(upright).save(shown, format="JPEG", quality=85)
    except Image.DecompressionBombError as error:
        raise PictureRefused("pixels") from error
    except UnidentifiedImageError as error:
        raise PictureRefused("kind") from error
    # What a hostile or cut file makes Pillow raise while it decodes.
    except (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise PictureRefused("broken") from error
    return Picture(media_type, shown.getvalue(), exif)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("RGBA", "LA", "P"):
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    ground = Image.new("RGB", clear.size, "white")
    ground.paste(clear, mask=clear.getchannel("A"))
    return ground


def _exif_of(picture: Image.Image) -> dict[str, Any]:
    try:
        exif = picture.getexif()
        parts: tuple[tuple[str, Mapping[int, Any], Mapping[int, str]], ...] = (
            ("", exif, ExifTags.TAGS),
            ("", exif.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS),
            ("GPS.", exif.get_ifd(ExifTags.IFD.GPSInfo), ExifTags.GPSTAGS),
        )
    except (OSError, SyntaxError, ValueError, KeyError, TypeError) as error:
        # A camera's notes that cannot be read make the picture no worse.
        return {"unreadable": str(error)[:_LONGEST_WORD]}
    found: dict[str, Any] = {}
    for prefix, tags, names in parts:
        for tag, value in list(tags.items())[:_MOST_TAGS]:
            said = _said(value)
            if said is not None:
                found[f"{prefix}{names.get(tag, tag)}"] = said
    return found


def _said(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")[:_LONGEST_WORD]
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return [_said(each) for each in value[:8]]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return round(number, 8) if math.isfinite(number) else None
