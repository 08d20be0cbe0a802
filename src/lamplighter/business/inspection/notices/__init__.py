"""The papers of an inspection, set as forms in two copies, with a fingerprint of what they say and a code for it."""

from lamplighter.business.inspection.notices.fingerprint import (
    ContentDiffers,
    check_fingerprint,
    fingerprint,
    number_document,
)
from lamplighter.business.inspection.notices.printing import InspectorsTooFew, print_document

__all__ = [
    "ContentDiffers",
    "InspectorsTooFew",
    "check_fingerprint",
    "fingerprint",
    "number_document",
    "print_document",
]
