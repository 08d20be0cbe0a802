"""Vendored files: each is the one recorded, has its licence beside it, and points at nothing that is not here."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def vendor():
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor"] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    yield module
    del sys.modules["vendor"]


class TestVendoredFiles:
    def test_have_the_hash_that_is_recorded(self, vendor):
        found = {
            line.file: hashlib.sha256((vendor.VENDOR / line.file).read_bytes()).hexdigest()
            for line in vendor.recorded()
        }

        assert found == {line.file: line.sha256 for line in vendor.recorded()}
        assert len(found) >= 7

    def test_are_all_recorded_and_nothing_else_lies_there(self, vendor):
        there = {path.relative_to(vendor.VENDOR).as_posix() for path in vendor.VENDOR.rglob("*") if path.is_file()} - {
            "VENDOR.md"
        }

        assert there == {line.file for line in vendor.recorded()}

    def test_are_those_of_the_pins(self, vendor):
        pinned = {(name, package.version) for package in vendor.PACKAGES for _, name in package.files}

        assert {(line.file, line.version) for line in vendor.recorded()} == pinned

    def test_have_their_licence_beside_them(self, vendor):
        for folder in {(vendor.VENDOR / line.file).parent for line in vendor.recorded()}:
            assert any("LICENSE" in path.name or "OFL" in path.name for path in folder.iterdir()), folder

    def test_point_at_no_source_map(self, vendor):
        scripts = list(vendor.VENDOR.rglob("*.js"))

        assert scripts
        assert not [path for path in scripts if b"sourceMappingURL" in path.read_bytes()]


class TestWithoutSourceMap:
    def test_drops_the_line_in_scripts_and_in_styles(self, vendor):
        assert vendor.without_source_map(b"a;\n//# sourceMappingURL=a.js.map") == b"a;\n"
        assert vendor.without_source_map(b"b{}\n/*# sourceMappingURL=b.css.map */\n") == b"b{}\n"
