"""The one root of expected failures: a door shows these as a sentence, and everything else as a defect."""


class LamplighterError(Exception):
    """Something that can be expected to go wrong did; the message says how many, which, and what to do next.

    Subclass it beside the code that raises it, keep the data as attributes, and put the sentence together with
    :func:`lamplighter.base.messages.text` so that it reaches its reader in the reader's language.

    Example:
        >>> raise LamplighterError("2 meters have no area (first: M1). Add `area_id` to their rows.")
        Traceback (most recent call last):
        ...
        lamplighter.base.errors.LamplighterError: 2 meters have no area (first: M1). Add `area_id` to their rows.
    """
