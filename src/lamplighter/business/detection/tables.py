"""Lake tables of detection: earlier visits and outcomes, evidence and suspicions."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition, Versions

VISIT = Contract(
    name="core_visit",
    meaning="an inspection visit",
    meaning_zh="检查记录",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("at", pa.timestamp("us"), "when, UTC", "时间", is_required=True),
        Column("kind", pa.string(), "kind", "类别", is_required=True),
        Column("note", pa.string(), "note", "备注", is_personal=True),
    ),
    key=(
        "account_id",
        "at",
        "kind",
    ),
)

OUTCOME = Contract(
    name="core_outcome",
    meaning="what an inspection found: the label",
    meaning_zh="检查结果",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("inspected_on", pa.date32(), "day", "检查日", is_required=True),
        Column(
            "outcome",
            pa.string(),
            "theft, breach, metering_fault, wrong_archive, vacancy, solar, no_access or clean",
            "结果",
            is_required=True,
        ),
        Column("recovered_kwh", pa.float64(), "energy recovered", "追补电量", unit="kWh"),
        Column("note", pa.string(), "note", "备注", is_personal=True),
    ),
    key=(
        "account_id",
        "inspected_on",
    ),
)

EVIDENCE = Contract(
    name="out_evidence",
    meaning="one piece of evidence for or against, about one meter",
    meaning_zh="证据",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("layer", pa.string(), "balance, voltage, shape, meter or context", "证据层", is_required=True),
        Column("code", pa.string(), "reason code of the published list", "理由代码", is_required=True),
        Column("is_for", pa.bool_(), "speaks for a suspicion; false = speaks against", "支持或反对", is_required=True),
        Column("strength", pa.float64(), "0 to 1", "强度", is_required=True),
        Column("value", pa.float64(), "value found", "数值"),
        Column("expected", pa.float64(), "what would be usual", "参考值"),
        Column("unit", pa.string(), "unit of both", "单位"),
        Column("first_on", pa.date32(), "first day it shows", "起始日"),
        Column("last_on", pa.date32(), "last day it shows", "截止日"),
    ),
    key=(
        "meter_id",
        "as_of_on",
        "layer",
        "code",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

EVIDENCE_SCORE = Contract(
    name="out_evidence_score",
    meaning="the evidence scores of a live meter, one row a score",
    meaning_zh="证据得分",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("layer", pa.string(), "layer", "证据层", is_required=True),
        Column("score", pa.string(), "name of the score", "得分名", is_required=True),
        Column("value", pa.float64(), "value; null = not available", "数值"),
    ),
    key=(
        "meter_id",
        "as_of_on",
        "score",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

SUSPICION = Contract(
    name="out_suspicion",
    meaning="every live account in order of the expected value of a visit",
    meaning_zh="疑点清单",
    columns=(
        Column("rank", pa.int32(), "1 = visit first", "名次", is_required=True),
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "most suspect meter", "表号", is_required=True),
        Column("area_id", pa.string(), "area", "台区"),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column(
            "theft_probability",
            pa.float64(),
            "calibrated probability that the account steals: see the model card",
            "窃电概率",
            is_required=True,
        ),
        Column("expected_kwh", pa.float64(), "energy at stake a month; null = unknown", "预计月电量", unit="kWh"),
        Column("expected_yuan", pa.float64(), "expected value of a visit", "预期价值", unit="yuan", is_required=True),
        Column("layers", pa.string(), "layers available, joined by ;", "可用证据层", is_required=True),
        Column(
            "data_depth",
            pa.string(),
            "what the account's evidence rests on: interval_electrical, interval, daily, monthly or archive",
            "数据深度",
        ),
        Column("reasons", pa.string(), "reason codes for, joined by ;", "理由", is_required=True),
        Column("against", pa.string(), "reason codes against, joined by ;", "反证", is_required=True),
        Column("checks", pa.string(), "what to check on site, codes joined by ;", "现场核查要点", is_required=True),
        Column("colour", pa.string(), "red, orange, yellow or none", "预警等级", is_required=True),
        Column("model_version", pa.string(), "version of ranking", "模型版本", is_required=True),
    ),
    key=(
        "account_id",
        "as_of_on",
    ),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

VISIT_SLOT = Contract(
    name="out_visit_slot",
    meaning="accounts chosen for a visit, and with what chance each was chosen",
    meaning_zh="检查名额",
    columns=(
        Column("as_of_on", pa.date32(), "the list it was chosen from", "清单截止日", is_required=True),
        Column("slot", pa.int32(), "1 = visit first", "序号", is_required=True),
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "most suspect meter", "表号", is_required=True),
        Column("area_id", pa.string(), "area", "台区"),
        Column("is_random", pa.bool_(), "drawn; false = by rank", "随机抽取", is_required=True),
        Column("stratum", pa.string(), "list, or the decile it was drawn from", "抽样层", is_required=True),
        Column("propensity", pa.float64(), "chance to be chosen, 0 to 1", "入选概率", is_required=True),
        Column("theft_probability", pa.float64(), "as listed", "窃电概率", is_required=True),
        Column("listed_count", pa.int32(), "accounts it was chosen among", "候选户数", is_required=True),
    ),
    key=(
        "account_id",
        "as_of_on",
    ),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

THEFT_MODEL = Contract(
    name="out_theft_model",
    meaning="a model trained on the company's own outcomes; the newest makes the lists",
    meaning_zh="本公司训练的窃电模型，最新一版用于生成清单",
    columns=(
        Column("version", pa.string(), "name of the model", "模型版本", is_required=True),
        Column("trained_on", pa.date32(), "day of the newest outcome it learned from", "训练截止日", is_required=True),
        Column("outcomes", pa.int32(), "inspections with a result it learned from", "训练样本数", is_required=True),
        Column("thefts", pa.int32(), "of these, thefts", "其中窃电数", is_required=True),
        Column("content", pa.string(), "trees, calibration and card, JSON", "模型内容", is_required=True),
    ),
    key=("version",),
)

TABLES = (
    VISIT,
    OUTCOME,
    EVIDENCE,
    EVIDENCE_SCORE,
    SUSPICION,
    VISIT_SLOT,
    THEFT_MODEL,
)
