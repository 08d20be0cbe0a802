"""The API holds to its own description: requests made up for every operation, right and wrong, and what they get."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from lamplighter.base.security.actor import Role
from lamplighter.doors.api.urls import api

EXAMPLES = 4
"""Of each operation, once as described and once not."""
ROLE_OF = {"voice": Role.SERVICE_AGENT, "audit": Role.AUDIT_ADMIN, "plan and visits": Role.INSPECTION_LEADER}
"""Whose token each group of operations is tried with; an inspector's where nothing is said."""
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
SCHEMA.app = get_wsgi_application()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def served(company: None, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application in this process, on a desk with two stations and an empty lake."""
    monkeypatch.setattr("lamplighter.doors.api.gate._count", lambda *given, **more: 0)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as described", "otherwise"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_answers_as_it_is_described(
    operation: Any, mode: GenerationMode, served: None, token_of: Callable[..., str]
) -> None:
    role = ROLE_OF.get(operation.definition.raw["tags"][0], Role.INSPECTOR)
    # What is refused for a rule between its fields, as a dismissal for another reason without a note, fits its form.
    excluded = [] if operation.method == "get" else [checks.positive_data_acceptance]
    headers = {"Authorization": f"Bearer {token_of(role)}", "Host": "testserver"}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        case.call_and_validate(headers=headers, base_url="http://testserver", excluded_checks=excluded)

    holds()
