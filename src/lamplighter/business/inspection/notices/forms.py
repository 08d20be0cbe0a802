"""Each paper as a list of blocks, in one language."""

from __future__ import annotations

from collections.abc import Sequence

from lamplighter.business.inspection.notices.blocks import (
    Block,
    Words,
    checks,
    fields,
    listing,
    prose,
    signatures,
)
from lamplighter.business.inspection.records.findings import EvidenceItem
from lamplighter.business.inspection.records.notices import (
    DialReading,
    Document,
    Inspector,
    Reception,
    ResultNotice,
    Seal,
    Service,
    Supply,
    ViolationNotice,
    VisitKind,
    WorkSheet,
)
from lamplighter.business.inspection.rules.deadlines import deadline
from lamplighter.business.inspection.rules.law import Law


def blocks_of(document: Document, words: Words, law: Law) -> list[Block]:
    """Return a document's blocks, top to bottom."""
    match document:
        case WorkSheet():
            return _work_sheet(document, words)
        case ResultNotice():
            return _result_notice(document, words)
        case ViolationNotice():
            return _violation_notice(document, words, law)


def _work_sheet(sheet: WorkSheet, w: Words) -> list[Block]:
    return [
        *_supply(sheet.supply, w),
        checks(w("field.visit"), [(w(f"visit.{kind}"), kind is sheet.visit) for kind in VisitKind]),
        fields(
            [(w("field.trigger"), sheet.trigger)],
            [(w("field.items"), w("form.join").join(sheet.items))],
            [(w("field.approver"), sheet.approved_by), (w("field.approved_at"), w.instant(sheet.approved_at))],
            [(w("field.arrived_at"), w.instant(sheet.arrived_at)), (w("field.left_at"), w.instant(sheet.left_at))],
            [(w("field.inspectors"), _inspectors(sheet.inspectors, w))],
            [(w("field.cameras"), w("form.join").join(sheet.cameras))],
        ),
        _readings(sheet.readings, w, least=2),
        _seals(sheet.seals, w, least=2),
        listing(
            w("title.measured"),
            [w(f"head.{name}") for name in ("phase", "voltage", "current", "power", "factor")],
            [[m.phase, *map(w.figure, (m.voltage_v, m.current_a, m.power_kw, m.power_factor))] for m in sheet.measured],
            widths=[1, 1, 1, 1, 1],
            least=3,
        ),
        fields([(w("field.clock"), w.figure(sheet.clock_offset_seconds, w("form.seconds")))]),
        prose(w("title.findings"), _numbered(sheet.findings), lines=3),
        prose(w("title.measures"), [sheet.measures] if sheet.measures else [], lines=2),
        _evidence(sheet.evidence, w),
        _reception(sheet.reception, w),
        _signing(w),
    ]


def _result_notice(notice: ResultNotice, w: Words) -> list[Block]:
    consequence = notice.consequence or w("form.consequence")
    return [
        *_supply(notice.supply, w),
        fields(
            [(w("field.inspected_on"), str(notice.inspected_on))],
            [(w("field.inspectors"), _inspectors(notice.inspectors, w))],
        ),
        prose("", [w("form.result_intro", customer=notice.supply.customer)]),
        listing(
            w("title.defects"),
            [w(f"head.{name}") for name in ("number", "defect", "clause", "risk", "due")],
            [
                [str(place), defect.item, defect.clause, w(f"risk.{defect.risk}"), str(defect.due_on)]
                for place, defect in enumerate(notice.defects, 1)
            ],
            widths=[1, 7, 6, 2, 3],
            least=3,
        ),
        prose(w("title.consequence"), [consequence]),
        _service(notice.served_by, w),
        _reception(notice.reception, w),
        _signing(w),
    ]


def _violation_notice(notice: ViolationNotice, w: Words, law: Law) -> list[Block]:
    acts = [law.act(code) for code in notice.acts]
    clauses = {act.clause.say(w.language): None for act in acts}
    for act in acts:
        handling = "theft.multiple_max" if act.is_theft else "breach.multiple_fixed"
        clauses[law.rule(handling).clause.say(w.language)] = None
    return [
        *_supply(notice.supply, w),
        fields(
            [(w("field.found_at"), w.instant(notice.found_at)), (w("field.place"), notice.place)],
            [(w("field.inspectors"), _inspectors(notice.inspectors, w))],
        ),
        checks(
            w("field.nature"),
            [
                (w("nature.breach"), any(not act.is_theft for act in acts)),
                (w("nature.theft"), any(act.is_theft for act in acts)),
            ],
        ),
        prose(w("title.acts"), [f"{act.code}  {act.say(w.language)}" for act in acts]),
        prose(w("title.facts"), [notice.facts], lines=3),
        listing(
            w("title.devices"),
            [w(f"head.{name}") for name in ("number", "device", "rated", "quantity", "total")],
            [
                [str(place), d.name, w.figure(d.rated_kw), str(d.quantity), w.figure(d.rated_kw * d.quantity)]
                for place, d in enumerate(notice.devices, 1)
            ],
            widths=[1, 6, 3, 2, 3],
        ),
        _readings(notice.readings, w, least=1),
        _seals(notice.seals, w, least=1),
        _evidence(notice.evidence, w),
        prose(w("title.law"), [w("form.law", clauses=w("form.join").join(clauses))]),
        prose(w("title.required"), _numbered(_required(notice, w, law))),
        _service(notice.served_by, w),
        _reception(notice.reception, w),
        _signing(w),
    ]


def _required(notice: ViolationNotice, w: Words, law: Law) -> list[str]:
    rule = law.rule("office_visit")
    where = {"office": notice.office or w("blank.office"), "telephone": notice.telephone or w("blank.telephone")}
    if notice.served_on is None:
        come = w("form.come_within", count=rule.number, **where)
    else:
        due = deadline("office_visit", start=notice.served_on, law=law)
        come = w("form.come_by", day=due.last_on, **where)
    return [*([w("form.stop_use")] if notice.stop_use else []), come, w("form.objection")]


def _supply(supply: Supply, w: Words) -> list[Block]:
    return [
        fields(
            [(w("field.account"), supply.account_id), (w("field.customer"), supply.customer)],
            [(w("field.address"), supply.address)],
            [(w("field.voltage"), supply.voltage), (w("field.capacity"), supply.contract_capacity)],
            [(w("field.price_class"), supply.price_class), (w("field.meter"), supply.meter_no)],
            [(w("field.ct"), supply.ct), (w("field.pt"), supply.pt)],
        )
    ]


def _inspectors(inspectors: Sequence[Inspector], w: Words) -> str:
    return w("form.join").join(w("form.inspector", name=i.name, certificate=i.certificate) for i in inspectors)


def _readings(readings: Sequence[DialReading], w: Words, *, least: int) -> Block:
    rows = [[r.name, w.figure(r.before), w.figure(r.after)] for r in readings]
    heads = [w(f"head.{name}") for name in ("dial", "before", "after")]
    return listing(w("title.readings"), heads, rows, widths=[2, 2, 2], least=least)


def _seals(seals: Sequence[Seal], w: Words, *, least: int) -> Block:
    rows = [[s.place, s.number, s.state, s.new_number] for s in seals]
    heads = [w(f"head.{name}") for name in ("seal_place", "seal", "seal_state", "new_seal")]
    return listing(w("title.seals"), heads, rows, widths=[3, 3, 4, 3], least=least)


def _evidence(evidence: Sequence[EvidenceItem], w: Words) -> Block:
    rows = [
        [item.item_id, w(f"evidence.{item.kind}"), item.subject, w.instant(item.taken_at), item.taken_by, item.sha256]
        for item in evidence
    ]
    heads = [w(f"head.{name}") for name in ("item", "kind", "subject", "taken_at", "taken_by", "sha256")]
    return listing(w("title.evidence"), heads, rows, widths=[2, 2, 5, 5, 2, 7])


def _service(served_by: Service | None, w: Words) -> Block:
    return checks(w("field.service"), [(w(f"service.{way}"), way is served_by) for way in Service])


def _reception(reception: Reception, w: Words) -> Block:
    return fields(
        [(w("field.received_by"), reception.name), (w("field.relation"), reception.relation)],
        [(w("field.telephone"), reception.telephone), (w("field.witness"), reception.witness)],
        [(w("field.refusal"), reception.refusal)],
    )


def _signing(w: Words) -> Block:
    date_line = w("blank.date")
    return signatures(
        (w("sign.inspectors"), ["", w("sign.two"), date_line]),
        (w("sign.user"), ["", "", date_line]),
        (w("sign.company"), ["", w("sign.stamp"), date_line]),
    )


def _numbered(lines: Sequence[str]) -> list[str]:
    return [f"{place}. {line}" for place, line in enumerate(lines, 1)]
