"""The papers: two copies, numbered, with the content's fingerprint, the same bytes for the same content."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from lamplighter.business.inspection.notices import (
    ContentDiffers,
    InspectorsTooFew,
    check_fingerprint,
    fingerprint,
    number_document,
    print_document,
)
from lamplighter.business.inspection.reading import FactsInvalid, FileUnreadable, KindUnknown, read_document, read_json
from lamplighter.business.inspection.records.facts import Device
from lamplighter.business.inspection.records.findings import EvidenceItem, EvidenceKind
from lamplighter.business.inspection.records.notices import (
    Defect,
    DialReading,
    DocumentKind,
    Inspector,
    ResultNotice,
    Risk,
    Seal,
    Service,
    Supply,
    ViolationNotice,
    VisitKind,
    WorkSheet,
)
from lamplighter.business.inspection.rules import load_law
from lamplighter.business.inspection.rules.deadlines import InstantNeeded

AT = datetime(2025, 3, 3, 6, 20, tzinfo=UTC)  # 14:20 in China
LAW = load_law(on=date(2025, 3, 3))
SUPPLY = Supply(account_id="3200010017", customer="惠民五金加工厂", address="工业二路 18 号", meter_no="3300112233")
PAIR = (Inspector(name="李明", certificate="JC-0187"), Inspector(name="王芳", certificate="JC-0051"))
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
COMMON = {"company": "示例供电公司", "made_at": AT, "supply": SUPPLY, "inspectors": PAIR}
NOTICE = ViolationNotice(
    number="WQ-320101-2025-000012",
    found_at=AT,
    place="车间配电室",
    acts=("TH-2", "BR-2"),
    facts="电流互感器二次侧短接。",
    devices=(Device(name="加热炉", rated_kw=Decimal("7.5"), quantity=2),),
    readings=(DialReading(name="正向有功总", before=Decimal("1208.33")),),
    seals=(Seal(place="计量箱", number="F-0098812", state="有拆动痕迹"),),
    evidence=(EvidenceItem(item_id="E1", kind=EvidenceKind.PHOTO, sha256=SHA, taken_at=AT, taken_by="李明"),),
    office="城东供电所",
    served_by=Service.HAND,
    served_on=date(2025, 3, 3),
    **COMMON,
)
SHEET = WorkSheet(number="GD-320101-2025-000031", visit=VisitKind.THEFT, trigger="U 相电流长期为零", **COMMON)
RESULTS = ResultNotice(
    number="JG-320101-2025-000007",
    inspected_on=date(2025, 3, 3),
    defects=(Defect(item="接地线断裂", clause="条例", risk=Risk.HIGH, due_on=date(2025, 3, 10)),),
    **COMMON,
)


@pytest.fixture
def pages(need, tmp_path):
    need("pdf-text")

    def read(document, **options):
        file = tmp_path / "document.pdf"
        file.write_bytes(print_document(document, law=LAW, **options))
        done = subprocess.run([shutil.which("pdftotext"), "-layout", str(file), "-"], capture_output=True, check=True)
        # Blanks between the signs of a heading are its letter-spacing.
        return ["".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]

    return read


class TestPages:
    @pytest.mark.parametrize("document", [NOTICE, SHEET, RESULTS], ids=lambda document: type(document).__name__)
    def test_are_one_to_file_and_one_to_serve_with_number_fingerprint_and_page(self, pages, document):
        stub, served = pages(document)

        assert "第一联存根" in stub
        assert "第二联送达" in served
        for page in (stub, served):
            assert document.number in page
            assert fingerprint(document) in page
            assert "第1页共1页" in page

    def test_of_a_violation_say_what_was_found_by_which_law_and_what_to_do(self, pages):
        page, _ = pages(NOTICE)

        assert "2025年3月3日14:20" in page
        assert "TH-2绕越供电企业用电计量装置用电" in page
        assert "《电力供应与使用条例》第31条第（2）项" in page
        assert "《供电营业规则》（国家发展改革委令第14号，2024年）第101条第（2）项" in page
        assert "1加热炉7.5215" in page  # number, name, 7.5 kW, 2 of them, 15 kW
        # Three working days from Monday.
        assert "于2025-03-06前（含当日）" in page

    def test_of_an_unserved_violation_leave_the_day_open(self, pages):
        page, _ = pages(replace(NOTICE, served_on=None))

        assert "自收到本通知书之日起3个工作日内" in page

    def test_have_an_english_version_after_them_where_it_is_wanted(self, pages):
        stub, _, english = pages(NOTICE, languages="zh_en")

        assert "违约用电、窃电通知书" in stub
        assert "NoticeofBreachorTheftofElectricity" in english
        assert "theChinesetextprevails" in english
        assert "RegulationontheSupplyandUseofElectricPower,Art.31(2)" in english

    def test_are_counted_within_each_copy(self, pages):
        many = tuple(replace(NOTICE.devices[0], name=f"设备{place}") for place in range(60))

        found = pages(replace(NOTICE, devices=many))

        half = len(found) // 2
        assert half >= 2
        assert all(f"第{place}页共{half}页" in page for place, page in enumerate(found[:half], 1))
        assert f"第1页共{half}页" in found[half]

    def test_of_one_inspector_are_not_printed(self):
        for alone in (PAIR[:1], (PAIR[0], PAIR[0])):
            with pytest.raises(InspectorsTooFew):
                print_document(replace(SHEET, inspectors=alone), law=LAW)


class TestBytes:
    def test_are_the_same_for_the_same_content(self):
        assert print_document(SHEET, law=LAW) == print_document(SHEET, law=LAW)


class TestFingerprint:
    def test_is_that_of_the_fields_in_order_whoever_computes_it(self):
        content = {
            "number": "JG-1", "company": "C", "made_at": "2025-03-03T06:20:00Z",
            "supply": {"account_id": "1", "customer": "甲", "address": "乙", "voltage": "", "contract_capacity": "",
                       "price_class": "", "meter_no": "", "ct": "", "pt": ""},
            "inspectors": [], "inspected_on": "2025-03-03", "defects": [], "consequence": "",
            "reception": {"name": "", "relation": "", "telephone": "", "refusal": "", "witness": ""},
            "served_by": None,
        }  # fmt: skip
        document = read_document({"kind": "result_notice", **content}, source="test")
        said = json.dumps(
            {"content": content, "kind": "result_notice"}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

        assert fingerprint(document) == hashlib.sha256(said.encode()).hexdigest()

    @pytest.mark.parametrize("changes", [{"facts": "。"}, {"number": "WQ-2"}, {"acts": ("TH-2",)}, {"evidence": ()}])
    def test_changes_with_every_word(self, changes):
        assert fingerprint(replace(NOTICE, **changes)) != fingerprint(NOTICE)

    def test_does_not_change_with_the_zone_an_instant_is_written_in(self):
        elsewhere = AT.astimezone(timezone(timedelta(hours=8)))

        assert fingerprint(replace(SHEET, made_at=elsewhere)) == fingerprint(SHEET)

    def test_does_not_change_with_the_zeros_a_figure_is_written_with(self):
        longer = (Device(name="加热炉", rated_kw=Decimal("7.50"), quantity=2),)

        assert fingerprint(replace(NOTICE, devices=longer)) == fingerprint(NOTICE)

    def test_refuses_an_instant_that_could_be_anywhere(self):
        with pytest.raises(InstantNeeded):
            fingerprint(replace(SHEET, made_at=datetime(2025, 3, 3, 14, 20)))

    def test_is_checked_against_what_was_printed(self):
        check_fingerprint(NOTICE, given=fingerprint(NOTICE).upper())
        with pytest.raises(ContentDiffers):
            check_fingerprint(NOTICE, given=fingerprint(SHEET))


class TestNumber:
    def test_says_kind_unit_year_and_running_number(self):
        numbers = [number_document(kind, unit="320101", year=2025, sequence=7) for kind in DocumentKind]

        assert numbers == ["GD-320101-2025-000007", "JG-320101-2025-000007", "WQ-320101-2025-000007"]


class TestReading:
    CASE = {"kind": "result_notice", "number": "1", "company": "C", "made_at": "2025-03-03T06:20:00Z"}  # noqa: RUF012 - never changed

    def test_tells_every_fault_at_once(self):
        with pytest.raises(FactsInvalid) as raised:
            read_document(self.CASE | {"inspected_on": "March", "colour": "red"}, source="case.json")

        told = str(raised.value)
        assert all(name in told for name in ("supply", "inspected_on", "colour"))

    def test_refuses_a_document_there_is_none_of(self):
        with pytest.raises(KindUnknown, match="work_sheet"):
            read_document({"kind": "poem"}, source="case.json")

    @pytest.mark.parametrize("content", [None, "not json", "[1]"])
    def test_refuses_a_file_without_an_object(self, tmp_path, content):
        file = tmp_path / "case.json"
        if content is not None:
            file.write_text(content)

        with pytest.raises(FileUnreadable, match=r"case\.json"):
            read_json(file)

    def test_keeps_a_price_as_it_was_written(self, tmp_path):
        file = tmp_path / "facts.json"
        file.write_text('{"price": 0.1}')

        assert read_json(file) == {"price": "0.1"}
