"""A DMN file becomes a decision table: one table a file, its cells in our own language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from lamplighter.business.workflow.definitions.extensions import EVIDENCE, NAME, label_of
from lamplighter.business.workflow.definitions.faults import FaultList, repeated
from lamplighter.business.workflow.definitions.markup import OURS, local, read_markup, written
from lamplighter.business.workflow.expressions.checking import Declared, ValueType, doubts_of_test, type_of
from lamplighter.business.workflow.expressions.reading import Unreadable, read_constant, read_tests
from lamplighter.business.workflow.expressions.tree import Constant, Name, Test
from lamplighter.business.workflow.records import Decision, DecisionRule, Field, FieldKind, Label, Option

# DMN 1.1, 1.2 and 1.3: the part we read is the same in each.
NAMESPACES: Final = (
    "{http://www.omg.org/spec/DMN/20151101/dmn.xsd}",
    "{http://www.omg.org/spec/DMN/20180521/MODEL/}",
    "{https://www.omg.org/spec/DMN/20191111/MODEL/}",
)
MOST_RULES: Final = 500
_KNOWN: Final = frozenset(
    {"definitions", "decision", "decisionTable", "input", "inputExpression", "inputEntry", "output", "outputValues"}
    | {"outputEntry", "rule", "text", "description"}
)
# Carries no meaning: the picture, and the heading of a column of notes.
_PASSED_OVER: Final = frozenset({"DMNDI", "annotation", "annotationEntry"})
_TYPES: Final = {
    "string": (ValueType.TEXT, FieldKind.TEXT),
    "number": (ValueType.NUMBER, FieldKind.DECIMAL),
    "integer": (ValueType.NUMBER, FieldKind.INTEGER),
    "date": (ValueType.DATE, FieldKind.DATE),
    "boolean": (ValueType.BOOLEAN, FieldKind.BOOLEAN),
}


def read_decision(content: bytes, *, file: str) -> Decision:
    """Read a decision table from a DMN file.

    Args:
        content: the file.
        file: its name, for what is said about it.

    Raises:
        DefinitionRefused: with everything that is wrong with it.
    """
    faults = FaultList()
    root = read_markup(content, faults)
    if root is None:
        faults.raise_if_any(file)
        raise AssertionError(file)
    namespace = next((each for each in NAMESPACES if root.tag == f"{each}definitions"), None)
    if namespace is None:
        faults.add("not_dmn", tag=root.tag)
        faults.raise_if_any(file)
        raise AssertionError(file)
    _check_elements(root, namespace, faults)
    tables = root.findall(f"{namespace}decision/{namespace}decisionTable")
    decisions = root.findall(f"{namespace}decision")
    if len(decisions) != 1 or len(tables) != 1:
        faults.add("one_table", count=len(tables))
        faults.raise_if_any(file)
    reader = _TableReader(namespace, decisions[0], tables[0], faults)
    decision = reader.decision(hashlib.sha256(content).hexdigest())
    faults.raise_if_any(file)
    return decision


def _check_elements(element: Element, namespace: str, faults: FaultList) -> None:
    for child in element:
        name = local(child.tag)
        if name in _PASSED_OVER:
            continue
        if not child.tag.startswith(namespace):
            faults.add("foreign_element", element.get("id") or local(element.tag), tag=child.tag)
        elif name not in _KNOWN:
            faults.add("element_not_allowed", child.get("id") or local(element.tag), tag=name)
        else:
            language = child.get("expressionLanguage", "feel").lower()
            if "feel" not in language:
                faults.add("language_unknown", child.get("id") or name, language=language)
            _check_elements(child, namespace, faults)


@dataclass
class _TableReader:
    """Reads one table, noting every fault on the way."""

    namespace: str
    element: Element
    table: Element
    faults: FaultList

    def find(self, parent: Element, name: str) -> list[Element]:
        return parent.findall(f"{self.namespace}{name}")

    def text_of(self, parent: Element) -> str:
        return written(parent.find(f"{self.namespace}text"))

    def decision(self, digest: str) -> Decision:
        element, name = self.element, self.element.get("id", "")
        version, policy = element.get(f"{OURS}version", ""), self.table.get("hitPolicy", "UNIQUE")
        source, evidence = element.get(f"{OURS}source", ""), element.get(f"{OURS}evidence", "")
        if not NAME.fullmatch(name):
            self.faults.add("name_bad", name, name=name)
        if not version.isdecimal() or not 1 <= int(version[:9]) <= 99_999:
            self.faults.add("version_missing", name, attribute="version")
        if not source or evidence not in EVIDENCE:
            self.faults.add("source_missing", name, grades=", ".join(EVIDENCE))
        if policy not in ("UNIQUE", "FIRST"):
            self.faults.add("hit_policy", name, policy=policy)
        inputs = [self.input(each) for each in self.find(self.table, "input")]
        for twice in repeated([each for each, _ in inputs]):
            self.faults.add("field_twice", name, name=twice)
        outputs = tuple(self.output(each) for each in self.find(self.table, "output"))
        rows = self.find(self.table, "rule")
        if not inputs or not outputs or not 1 <= len(rows) <= MOST_RULES:
            self.faults.add("table_empty", name, most=MOST_RULES)
        return Decision(
            name=name,
            version=int(version) if version.isdecimal() else 0,
            digest=digest,
            label=Label(zh=element.get("name") or name, en=element.get(f"{OURS}en") or element.get("name") or name),
            is_unique=policy == "UNIQUE",
            inputs=dict(inputs),
            outputs=outputs,
            rules=tuple(self.rule(row, inputs, outputs) for row in rows),
            source=source,
            evidence=evidence,
        )

    def kind(self, element: Element, owner: str) -> tuple[ValueType, FieldKind]:
        written_type = element.get("typeRef", "")
        if written_type not in _TYPES:
            self.faults.add("kind_unknown", owner, name=owner, kind=written_type, kinds=", ".join(_TYPES))
        return _TYPES.get(written_type, _TYPES["string"])

    def input(self, element: Element) -> tuple[str, ValueType]:
        expressions = self.find(element, "inputExpression")
        name = self.text_of(expressions[0]) if expressions else ""
        if not NAME.fullmatch(name):
            self.faults.add("input_not_a_name", element.get("id", ""), expression=name[:80])
            return name, ValueType.TEXT
        return name, self.kind(expressions[0], name)[0]

    def output(self, element: Element) -> Field:
        name = element.get("name", "")
        if not NAME.fullmatch(name):
            self.faults.add("name_bad", element.get("id", ""), name=name)
        _, kind = self.kind(element, name)
        options: tuple[Option, ...] = ()
        listed = element.find(f"{self.namespace}outputValues")
        if listed is not None:
            constants = [self.constant(each, name) for each in self.text_of(listed).split(",")]
            values = [str(constant.value) for constant in constants if constant is not None]
            options = tuple(Option(value, Label(zh=value, en=value)) for value in values)
        if kind is FieldKind.TEXT and options:
            kind = FieldKind.CHOICE
        return Field(name=name, kind=kind, label=label_of(element), options=options)

    def constant(self, text: str, owner: str) -> Constant | None:
        try:
            return read_constant(text)
        except Unreadable as problem:
            self.faults.add("expression_bad", owner, expression=text[:80], at=problem.at, found=problem.found)
            return None

    def rule(self, row: Element, inputs: list[tuple[str, ValueType]], outputs: tuple[Field, ...]) -> DecisionRule:
        name = row.get("id", "")
        cells, results = self.find(row, "inputEntry"), self.find(row, "outputEntry")
        if len(cells) != len(inputs) or len(results) != len(outputs):
            self.faults.add("cells_missing", name, inputs=len(inputs), outputs=len(outputs))
        tests = tuple(self.tests(cell, subject) for cell, subject in zip(cells, inputs, strict=False))
        constants = tuple(self.result(cell, output) for cell, output in zip(results, outputs, strict=False))
        return DecisionRule(tests, constants, written(row.find(f"{self.namespace}description")))

    def tests(self, cell: Element, subject: tuple[str, ValueType]) -> tuple[bool, tuple[Test, ...]]:
        name, value_type = subject
        text, owner = self.text_of(cell), cell.get("id", "")
        try:
            negated, tests = read_tests(text)
        except Unreadable as problem:
            self.faults.add("expression_bad", owner, expression=text[:80], at=problem.at, found=problem.found)
            return False, ()
        for doubt in self.doubts(name, value_type, tests):
            self.faults.add(doubt[0], owner, **doubt[1])
        return negated, tests

    def doubts(self, name: str, value_type: ValueType, tests: tuple[Test, ...]) -> Iterator[tuple[str, dict[str, str]]]:
        # A cell compares its own column with constants; other names have no business in it.
        for test in tests:
            for doubt in doubts_of_test(Name(name), test, {name: Declared(value_type)}):
                yield doubt.code, dict(doubt.fields)

    def result(self, cell: Element, output: Field) -> Constant:
        constant = self.constant(self.text_of(cell), cell.get("id", ""))
        if constant is None or constant.value is None:
            self.faults.add("result_missing", cell.get("id", ""), name=output.name)
            return Constant(None)
        declared = output.declared
        if type_of(constant.value) is not declared.type:
            fields = {"right": str(constant.value), "right_type": type_of(constant.value)}
            self.faults.add("types_differ", cell.get("id", ""), left=output.name, left_type=declared.type, **fields)
        elif declared.options and constant.value not in declared.options:
            self.faults.add(
                "option_unknown", cell.get("id", ""), value=constant.value, options=", ".join(declared.options)
            )
        return constant
