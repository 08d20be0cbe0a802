"""The wires every test of archive repair begins with."""

from collections.abc import Callable

import pytest

from tests.business.detection.archive_repair.wires import Wires, draw_wires


@pytest.fixture
def wires() -> Callable[..., Wires]:
    """Draw homes on the phases of transformers."""
    return draw_wires
