"""The street every test of detection begins with."""

from collections.abc import Callable

import pytest

from tests.business.detection.neighbourhood import Neighbourhood, draw_street


@pytest.fixture
def draw() -> Callable[..., Neighbourhood]:
    """Draw areas of honest homes."""
    return draw_street
