"""What is wrong with a file, all of it at once: how many faults, at which elements, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a definition.

    Attributes:
        code: of its sentence, ``workflow.fault.<code>``.
        element: id of the element, its tag when it has no id, empty for the whole file.
        fields: what the sentence names.
    """

    code: str
    element: str
    fields: tuple[tuple[str, str], ...] = ()

    def sentence(self, in_language: Language | None = None) -> str:
        """Say what is wrong and what next.

        Example:
            >>> Fault("start_missing", "").sentence("en")
            'The process has no start event: draw one.'
        """
        return text(f"workflow.fault.{self.code}", in_language=in_language, **dict(self.fields))


class DefinitionRefused(LamplighterError):
    """A file is no definition that may run."""

    def __init__(self, faults: Sequence[Fault], *, file: str) -> None:
        self.faults, self.file = tuple(faults), file
        lines = [f"{fault.element or file}: {fault.sentence()}" for fault in self.faults]
        super().__init__("\n".join([text("workflow.refused", file=file, count=len(lines)), *lines]))


class FaultList:
    """Collects faults while a file is read."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, code: str, element: str = "", **fields: object) -> None:
        """Note a fault; the same fault of the same element once."""
        fault = Fault(code, element, tuple((name, str(value)) for name, value in fields.items()))
        if fault not in self._found:
            self._found.append(fault)

    def concern(self, element: str) -> bool:
        """Say whether anything is wrong with an element: what follows from that needs no fault of its own."""
        return any(fault.element == element for fault in self._found)

    def found(self) -> tuple[Fault, ...]:
        """Return what was noted, in its order."""
        return tuple(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self, file: str) -> None:
        """Refuse the file if anything is wrong with it.

        Raises:
            DefinitionRefused: with all faults.
        """
        if self._found:
            raise DefinitionRefused(self._found, file=file)


def repeated(words: Sequence[str]) -> list[str]:
    """Return the words that come more than once.

    Example:
        >>> repeated(["a", "b", "a"])
        ['a']
    """
    return [word for word, count in Counter(words).items() if count > 1]
