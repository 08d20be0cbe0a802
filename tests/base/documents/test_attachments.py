"""Files from outside: told by their own bytes, and refused before anything opens them."""

import struct

import pytest

from lamplighter.base.documents.attachments import JPEG, LARGEST_BYTES, PDF, PNG, FileRefused, check_attachment

PNG_HEAD = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
# A table of 4 bytes, then a frame: length, precision, height, width.
JPEG_HEAD = b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"ab" + b"\xff\xc0" + struct.pack(">HB", 17, 8)


def png(width, height):
    return PNG_HEAD + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"


def jpeg(width, height):
    return JPEG_HEAD + struct.pack(">HH", height, width) + b"\x03"


def why(content, **options):
    with pytest.raises(FileRefused) as refused:
        check_attachment(content, **options)
    return refused.value.why


class TestAFile:
    @pytest.mark.parametrize(
        ("content", "kind"), [(png(4000, 3000), PNG), (jpeg(12_000, 9_000), JPEG), (b"%PDF-1.7 text", PDF)]
    )
    def test_is_what_its_bytes_say(self, content, kind):
        found = check_attachment(content)

        assert (found.media_type, len(found.sha256), found.content) == (kind, 64, content)

    @pytest.mark.parametrize("content", [b"<svg onload='x'/>", b"PK\x03\x04", b"MZ", b"GIF89a", b"\x00", b" %PDF-"])
    def test_of_another_kind_is_refused(self, content):
        assert why(content) == "kind"

    def test_that_is_empty_or_too_large_is_refused(self):
        assert why(b"") == "empty"
        assert why(b"%PDF-" + b" " * LARGEST_BYTES) == "too_large"
        assert why(png(1, 1), most_bytes=10) == "too_large"

    def test_of_a_kind_that_is_not_wanted_here_is_refused(self):
        assert why(b"%PDF-1.7", taken=(JPEG, PNG)) == "kind"

    @pytest.mark.parametrize("bomb", [png(100_000, 100_000), png(0xFFFFFFFF, 0xFFFFFFFF), jpeg(65_500, 65_500)])
    def test_that_would_fill_the_memory_of_whoever_opens_it_is_refused_unopened(self, bomb):
        # A few dozen bytes that unpack to 4 to 18 thousand million points and more.
        assert len(bomb) < 40
        assert why(bomb) == "bomb"

    @pytest.mark.parametrize("name", ["/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA"])
    def test_that_runs_something_or_carries_others_is_refused(self, name):
        assert why(b"%PDF-1.7\n1 0 obj <</S " + name.encode() + b" >>") == "active"

    @pytest.mark.parametrize("cut", range(2, 16))
    def test_that_is_cut_off_anywhere_is_no_defect_of_ours(self, cut):
        assert check_attachment(jpeg(10, 10)[: max(cut, 3)]).media_type == JPEG
