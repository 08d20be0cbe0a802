"""A BPMN file becomes a definition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from lamplighter.business.workflow.definitions.elements import NODES, check_elements
from lamplighter.business.workflow.definitions.engine_source import write_engine_source
from lamplighter.business.workflow.definitions.extensions import (
    documentation_of,
    extensions,
    read_condition,
    read_deadlines,
    read_fields,
    read_requirements,
    read_separations,
    read_suspensions,
    words,
)
from lamplighter.business.workflow.definitions.faults import FaultList, repeated
from lamplighter.business.workflow.definitions.markup import BPMN, OURS, local, read_markup, written
from lamplighter.business.workflow.definitions.structure import check_structure
from lamplighter.business.workflow.expressions.checking import Declared
from lamplighter.business.workflow.records import (
    Decision,
    DecisionTask,
    Definition,
    Field,
    Flow,
    Label,
    MessageWait,
    ServiceTask,
    Timer,
    UserTask,
)

TIMER = f"{BPMN}timerEventDefinition"
MESSAGE = f"{BPMN}messageEventDefinition"


def read_process(
    content: bytes, *, file: str, services: Iterable[str] = (), decisions: Iterable[Decision] = ()
) -> Definition:
    """Read one version of a process from a BPMN 2.0 file.

    Args:
        content: the file.
        file: its name, for what is said about it.
        services: names of the services that whoever runs it has.
        decisions: the decision tables it may ask.

    Raises:
        DefinitionRefused: with everything that is wrong with it.
    """
    faults = FaultList()
    root = read_markup(content, faults)
    if root is None:
        faults.raise_if_any(file)
        raise AssertionError(file)
    if not check_elements(root, faults):
        faults.raise_if_any(file)
    processes = root.findall(f"{BPMN}process")
    if len(processes) != 1:
        faults.add("one_process", count=len(processes))
    # What is not a process at all has no parts that could be judged one by one.
    faults_so_far = bool(faults)
    if len(processes) == 1:
        reader = _Reader(root, processes[0], faults, frozenset(services), _by_version(decisions))
        definition = reader.definition(hashlib.sha256(content).hexdigest())
        check_structure(definition, faults, is_complete=not faults_so_far)
    faults.raise_if_any(file)
    return definition


@dataclass
class _Reader:
    """Reads the parts of one process, noting every fault on the way."""

    root: Element
    process: Element
    faults: FaultList
    known_services: frozenset[str]
    known_decisions: Mapping[tuple[str, int], Decision]
    lanes: dict[str, Element] = field(default_factory=dict)
    data: dict[str, Field] = field(default_factory=dict)

    def nodes(self, *kinds: str) -> list[Element]:
        return [node for node in self.process if local(node.tag) in kinds and node.tag.startswith(BPMN)]

    def definition(self, digest: str) -> Definition:
        process, name = self.process, self.process.get("id", "")
        for lane in process.iter(f"{BPMN}lane"):
            self.lanes |= {written(reference): lane for reference in lane.findall(f"{BPMN}flowNodeRef")}
        start_fields = self.fields(process, name)
        suspensions = read_suspensions(process, name, self.faults)
        services = {node.get("id", ""): self.service(node) for node in self.nodes("serviceTask")}
        asked = {node.get("id", ""): self.decision(node) for node in self.nodes("businessRuleTask")}
        tables = {
            task.decision: self.known_decisions[task.decision, task.version]
            for task in asked.values()
            if (task.decision, task.version) in self.known_decisions
        }
        versions = {(task.decision, task.version) for task in asked.values()}
        for twice in repeated(sorted(decision for decision, _ in versions)):
            self.faults.add("decision_twice", name, decision=twice)
        for table in tables.values():
            self.declare(table.outputs, table.name)
        messages = {wait.id: wait for wait in self.message_waits()}
        forms = {node.get("id", ""): self.fields(node, node.get("id", "")) for node in self.nodes("userTask")}
        for suspension in suspensions.values():
            self.declare(suspension.fields, suspension.name)
        # Conditions come last: they may name whatever any form declares.
        names = {each: declared.declared for each, declared in self.data.items()}
        for task in asked.values():
            self.check_inputs(task, names)
        tasks = {
            node.get("id", ""): self.task(node, forms[node.get("id", "")], names) for node in self.nodes("userTask")
        }
        duties = frozenset({task.duty for task in tasks.values()} | {each.duty for each in self.data.values()} - {""})
        flows = tuple(self.flow(element, names) for element in process.findall(f"{BPMN}sequenceFlow"))
        cancellations = extensions(process, "cancellation")
        return Definition(
            name=name,
            version=self.version(process, "version", name),
            digest=digest,
            label=self.label(process),
            documentation=documentation_of(process),
            start_fields=start_fields,
            start_roles=self.roles(process, "startRoles", name),
            kinds={node.get("id", ""): local(node.tag) for node in self.nodes(*NODES)},
            labels={node.get("id", ""): self.label(node) for node in self.nodes(*NODES)},
            tasks=tasks,
            timers={node.get("id", ""): self.timer(node) for node in self.events_with(TIMER)},
            messages=messages,
            services=services,
            decision_tasks=asked,
            decisions=tables,
            flows=flows,
            states={
                node.get("id", ""): node.attrib[f"{OURS}state"]
                for node in self.nodes(*NODES)
                if f"{OURS}state" in node.attrib
            },
            data=self.data,
            suspensions=suspensions,
            cancel_roles=words(cancellations[0].get("roles")) if cancellations else (),
            separations=read_separations(process, name, duties, self.faults),
            engine_source=b"" if self.faults else write_engine_source(process, self.message_names()),
        )

    def label(self, element: Element) -> Label:
        zh = element.get("name") or element.get("id") or ""
        return Label(zh=zh, en=element.get(f"{OURS}en") or zh)

    def version(self, element: Element, attribute: str, owner: str) -> int:
        number = element.get(f"{OURS}{attribute}", "")
        if not number.isdecimal() or not 1 <= int(number[:9]) <= 99_999:
            self.faults.add("version_missing", owner, attribute=attribute)
            return 0
        return int(number)

    def roles(self, element: Element, attribute: str, owner: str) -> tuple[str, ...]:
        roles = words(element.get(f"{OURS}{attribute}"))
        if not roles and element.get("id") in self.lanes:
            roles = words(self.lanes[element.get("id", "")].get(f"{OURS}roles"))
        if not roles:
            self.faults.add("role_missing", owner)
        return roles

    def declare(self, fields: tuple[Field, ...], owner: str) -> None:
        for each in fields:
            known = self.data.setdefault(each.name, each)
            if (known.kind, known.declared) != (each.kind, each.declared):
                self.faults.add("declared_otherwise", owner, name=each.name)

    def fields(self, element: Element, owner: str) -> tuple[Field, ...]:
        fields = read_fields(extensions(element, "field"), owner, self.faults)
        self.declare(fields, owner)
        return fields

    def task(self, node: Element, fields: tuple[Field, ...], names: Mapping[str, Declared]) -> UserTask:
        name = node.get("id", "")
        lane = self.lanes.get(name)
        return UserTask(
            id=name,
            label=self.label(node),
            documentation=documentation_of(node),
            lane="" if lane is None else lane.get("name", ""),
            roles=self.roles(node, "roles", name),
            fields=fields,
            deadlines=read_deadlines(node, name, self.faults),
            requirements=tuple(read_requirements(node, name, names, self.faults)),
            duty=node.get(f"{OURS}duty", ""),
        )

    def service(self, node: Element) -> ServiceTask:
        name, service = node.get("id", ""), node.get(f"{OURS}service", "")
        if service not in self.known_services:
            known = ", ".join(sorted(self.known_services)) or "–"
            self.faults.add("service_unknown", name, service=service, known=known)
        return ServiceTask(name, self.label(node), service, self.fields(node, name))

    def decision(self, node: Element) -> DecisionTask:
        name, decision = node.get("id", ""), node.get(f"{OURS}decision", "")
        version = self.version(node, "decisionVersion", name)
        if (decision, version) not in self.known_decisions:
            known = ", ".join(f"{each.name} {each.version}" for each in self.known_decisions.values()) or "–"
            self.faults.add("decision_unknown", name, decision=f"{decision} {version}", known=known)
        return DecisionTask(name, self.label(node), decision, version)

    def check_inputs(self, task: DecisionTask, names: Mapping[str, Declared]) -> None:
        table = self.known_decisions.get((task.decision, task.version))
        for name, value_type in table.inputs.items() if table is not None else ():
            if name not in names:
                self.faults.add("name_unknown", task.id, name=name)
            elif names[name].type is not value_type:
                types = {"left_type": names[name].type, "right": task.decision, "right_type": value_type}
                self.faults.add("types_differ", task.id, left=name, **types)

    def events_with(self, part: str) -> list[Element]:
        events = self.nodes("intermediateCatchEvent", "boundaryEvent")
        for event in events:
            if (event.find(TIMER) is None) == (event.find(MESSAGE) is None):
                self.faults.add("event_unclear", event.get("id", ""))
        return [event for event in events if event.find(part) is not None]

    def timer(self, node: Element) -> Timer:
        name = node.get("id", "")
        deadlines = read_deadlines(node, name, self.faults)
        drawn = written(node.find(f"{TIMER}/{BPMN}timeDuration"))
        durations = [each.get("duration") for each in extensions(node, "deadline")]
        if not durations:
            self.faults.add("timer_without_source", name)
        elif drawn not in durations:
            self.faults.add("timer_differs", name, drawn=drawn)
        return Timer(name, self.label(node), deadlines, node.get("attachedToRef", ""), _is_interrupting(node))

    def message_names(self) -> dict[str, str]:
        return {each.get("id", ""): each.get("name", "") for each in self.root.findall(f"{BPMN}message")}

    def message_waits(self) -> list[MessageWait]:
        names, waits = self.message_names(), []
        for node in self.events_with(MESSAGE):
            name = node.get("id", "")
            reference = node.find(MESSAGE)
            message = names.get("" if reference is None else reference.get("messageRef", ""), "")
            if not message:
                self.faults.add("message_unknown", name)
            roles = self.roles(node, "roles", name)
            fields = self.fields(node, name)
            host = node.get("attachedToRef", "")
            waits.append(MessageWait(name, self.label(node), message, roles, fields, host, _is_interrupting(node)))
        return waits

    def flow(self, element: Element, names: Mapping[str, Declared]) -> Flow:
        name, source = element.get("id", ""), element.get("sourceRef", "")
        conditions = element.findall(f"{BPMN}conditionExpression")
        condition = None
        if conditions:
            spoken = conditions[0].get("language", "feel").lower()
            if "feel" not in spoken:
                self.faults.add("language_unknown", name, language=spoken)
            condition = read_condition(written(conditions[0]), name, names, self.faults)
        is_default = any(node.get("default") == name for node in self.nodes("exclusiveGateway"))
        return Flow(name, source, element.get("targetRef", ""), condition, is_default)


def _by_version(decisions: Iterable[Decision]) -> dict[tuple[str, int], Decision]:
    return {(decision.name, decision.version): decision for decision in decisions}


def _is_interrupting(node: Element) -> bool:
    return node.get("cancelActivity") not in ("false", "0")
