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
            "theft, breach, metering_fault, wrong_archive, vacancy, solar, no_access, clean or objection_upheld",
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
    meaning="a model of the company's own: of its outcomes, or of thefts injected; a released one makes lists",
    meaning_zh="本公司训练的窃电模型，发布后用于生成清单",
    columns=(
        Column("version", pa.string(), "name of the model", "模型版本", is_required=True),
        Column(
            "trained_on",
            pa.date32(),
            "newest day it learned from",
            "训练截止日",
            is_required=True,
        ),
        Column("outcomes", pa.int32(), "results it learned from; 0 = thefts injected", "训练样本数", is_required=True),
        Column("thefts", pa.int32(), "of these, thefts", "其中窃电数", is_required=True),
        Column("content", pa.string(), "trees, calibration and card, JSON", "模型内容", is_required=True),
    ),
    key=("version",),
)

MODEL_RELEASE = Contract(
    name="out_model_release",
    meaning="a model put to use, by whom and why; the newest row's model makes the lists",
    meaning_zh="模型发布记录，最新一条的模型用于生成清单",
    columns=(
        Column("released_at", pa.timestamp("us"), "when, UTC", "发布时间", is_required=True),
        Column("version", pa.string(), "name of the model", "模型版本", is_required=True),
        Column("is_packaged", pa.bool_(), "it ships with the package", "随软件提供", is_required=True),
        Column("reason", pa.string(), "why", "理由", is_required=True),
        Column("proposed_by", pa.string(), "who asked for it", "提出人", is_required=True, is_personal=True),
        Column("approved_by", pa.string(), "who agreed", "批准人", is_required=True, is_personal=True),
        Column("replaced", pa.string(), "version in use before", "此前版本", is_required=True),
    ),
    key=("released_at",),
)

METER_ANOMALY = Contract(
    name="out_meter_anomaly",
    meaning="an anomaly of a meter over a spell of days, by a rule of the pack",
    meaning_zh="计量异常",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("code", pa.string(), "rule, AN-01 ...", "异常代码", is_required=True),
        Column("phase", pa.string(), "A, B, C; empty = the whole meter", "相别", is_required=True),
        Column("first_on", pa.date32(), "first day", "起始日", is_required=True),
        Column("last_on", pa.date32(), "last day", "截止日期", is_required=True),
        Column("severity", pa.int8(), "1 (gravest) to 4", "级别", is_required=True),
        Column("day_count", pa.int32(), "days of the spell that show it", "异常天数", is_required=True),
        Column("value", pa.float64(), "figure found", "数值"),
        Column("expected", pa.float64(), "what it was held against", "参考值"),
        Column("unit", pa.string(), "unit of both", "单位"),
        Column("action", pa.string(), "what to check first, a code", "建议处理", is_required=True),
        Column("weight", pa.float64(), "what it adds to the theft score, 0 to 1", "权重", is_required=True),
    ),
    key=(
        "meter_id",
        "as_of_on",
        "code",
        "phase",
        "first_on",
        "severity",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

METER_SCENARIO = Contract(
    name="out_meter_scenario",
    meaning="anomalies of a meter that together tell one story",
    meaning_zh="异常场景",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("scenario", pa.string(), "which, a code", "场景", is_required=True),
        Column("first_on", pa.date32(), "first day", "起始日", is_required=True),
        Column("last_on", pa.date32(), "last day", "截止日期", is_required=True),
        Column("codes", pa.string(), "anomalies it rests on, joined by ;", "所依据的异常", is_required=True),
        Column("chance", pa.float64(), "share of visits that confirm it", "属实比例", is_required=True),
        Column("checks", pa.string(), "what to check on site, codes joined by ;", "现场核查要点", is_required=True),
    ),
    key=(
        "meter_id",
        "as_of_on",
        "scenario",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

ANOMALY_SCORE = Contract(
    name="out_anomaly_score",
    meaning="the theft score of a meter that has anomalies, and what is to be done",
    meaning_zh="异常评分",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("theft_score", pa.float64(), "0 to 100, noisy-or of the weights", "窃电评分", is_required=True),
        Column("decision", pa.string(), "work_order, desk_check or none", "处理方式", is_required=True),
        Column("worst_severity", pa.int8(), "gravest severity found", "最高级别", is_required=True),
        Column("codes", pa.string(), "anomalies, joined by ;", "异常", is_required=True),
        Column("scenarios", pa.string(), "scenarios, joined by ;", "场景", is_required=True),
        Column("moves_with_loss", pa.bool_(), "the use moves with the area's loss", "与线损相关", is_required=True),
        Column("stole_before", pa.bool_(), "a theft is on record", "既往窃电", is_required=True),
    ),
    key=(
        "meter_id",
        "as_of_on",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

ANOMALY_COVERAGE = Contract(
    name="out_anomaly_coverage",
    meaning="how many meters of a bucket a rule could judge, and what was set aside before",
    meaning_zh="异常规则覆盖",
    columns=(
        Column("bucket_number", pa.int32(), "bucket of neighbouring areas", "数据分桶", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("subject", pa.string(), "rule, or why rows were set aside", "规则或剔除原因", is_required=True),
        Column("kind", pa.string(), "rule or set_aside", "类别", is_required=True),
        Column("scope_count", pa.int32(), "meters the rule is about; rows set aside", "适用数", is_required=True),
        Column("judged_count", pa.int32(), "of these, meters with the data it needs", "可判数", is_required=True),
        Column("found_count", pa.int32(), "of these, meters with the anomaly", "异常数", is_required=True),
        Column("lacks", pa.string(), "data that some lack, joined by ;", "缺少的数据", is_required=True),
    ),
    key=(
        "bucket_number",
        "as_of_on",
        "subject",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

ANOMALY_PRECISION = Contract(
    name="out_anomaly_precision",
    meaning="how often visits confirmed a rule or scenario, as a night took it",
    meaning_zh="异常规则精度",
    columns=(
        Column("as_of_on", pa.date32(), "outcomes up to this day", "截止日", is_required=True),
        Column("code", pa.string(), "rule or scenario", "规则或场景", is_required=True),
        Column("visits", pa.int32(), "visits with a result that it was on record before", "检查数", is_required=True),
        Column("hits", pa.int32(), "of these, confirmed", "属实数", is_required=True),
        Column("prior", pa.float64(), "share taken before outcomes", "先验比例", is_required=True),
        Column("mean", pa.float64(), "share now", "属实比例", is_required=True),
        Column("low", pa.float64(), "lower end of the 90 % interval", "区间下限", is_required=True),
        Column("high", pa.float64(), "upper end", "区间上限", is_required=True),
    ),
    key=(
        "as_of_on",
        "code",
    ),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

ARCHIVE_PROPOSAL = Contract(
    name="out_archive_proposal",
    meaning="a meter the archive seems to have on the wrong area or phase; never applied by itself",
    meaning_zh="档案修正建议",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("kind", pa.string(), "wrong_area or wrong_phase", "类别", is_required=True),
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("area_id", pa.string(), "area the archive has it on", "档案台区"),
        Column("recorded", pa.string(), "what the archive says: area or phase", "档案值", is_required=True),
        Column("proposed", pa.string(), "what it seems to be; null = on no area nearby", "建议值"),
        Column("confidence", pa.float64(), "0 to 1", "置信度", is_required=True),
        Column("status", pa.string(), "proposed or check_on_site", "状态", is_required=True),
        Column(
            "basis",
            pa.string(),
            "voltage, balance, balance_daily, mirror, no_voltage, no_balance, part_of_window; joined by ;",
            "依据",
            is_required=True,
        ),
        Column("since_on", pa.date32(), "first day of it; null = the whole window", "起始日"),
        Column("day_count", pa.int32(), "days of the window", "天数", is_required=True),
        Column("likeness_recorded", pa.float64(), "likeness of the voltages as recorded, -1 to 1", "档案处电压相似度"),
        Column("likeness_proposed", pa.float64(), "likeness of the voltages as proposed", "建议处电压相似度"),
        Column("voltage_log_odds", pa.float64(), "what the voltages say, nats", "电压对数优势"),
        Column("agreeing_share", pa.float64(), "share of the window's parts in which they say it", "一致时段比例"),
        Column("home_coefficient", pa.float64(), "balance at home: -1 = hangs elsewhere", "档案台区平衡系数"),
        Column("away_slope", pa.float64(), "slope of the other area's rest: 1 = hangs there", "建议台区斜率"),
        Column("balance_log_odds", pa.float64(), "what the balance says, nats", "平衡对数优势"),
        Column("moved_kwh", pa.float64(), "energy that changes sides, window", "迁移电量", unit="kWh"),
        Column(
            "home_unexplained_kwh",
            pa.float64(),
            "unexplained loss of the recorded area before any move, window",
            "档案台区不明损失",
            unit="kWh",
        ),
        Column("home_mended_kwh", pa.float64(), "by how much this move brings it nearer 0", "档案台区改善", unit="kWh"),
        Column(
            "away_unexplained_kwh",
            pa.float64(),
            "unexplained loss of the proposed area before any move, window",
            "建议台区不明损失",
            unit="kWh",
        ),
        Column("away_mended_kwh", pa.float64(), "by how much this move brings it nearer 0", "建议台区改善", unit="kWh"),
    ),
    key=(
        "meter_id",
        "as_of_on",
        "kind",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

ARCHIVE_DECISION = Contract(
    name="core_archive_decision",
    meaning="what somebody decided about a proposed correction of the archive; the archive changes by import alone",
    meaning_zh="档案修正建议的处理",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("kind", pa.string(), "wrong_area or wrong_phase", "类别", is_required=True),
        Column("recorded", pa.string(), "what the archive said", "档案值", is_required=True),
        Column("proposed", pa.string(), "what was proposed; empty = on no area nearby", "建议值", is_required=True),
        Column("decided_on", pa.date32(), "day, UTC", "处理日", is_required=True),
        Column("decision", pa.string(), "accepted or refused", "处理结果", is_required=True),
        Column("reason", pa.string(), "code of the ground", "依据", is_required=True),
        Column("since_on", pa.date32(), "first day of it; null = always", "起始日"),
    ),
    key=(
        "meter_id",
        "kind",
        "recorded",
        "proposed",
    ),
)

TABLES = (
    VISIT,
    OUTCOME,
    EVIDENCE,
    EVIDENCE_SCORE,
    SUSPICION,
    VISIT_SLOT,
    THEFT_MODEL,
    MODEL_RELEASE,
    METER_ANOMALY,
    METER_SCENARIO,
    ANOMALY_SCORE,
    ANOMALY_COVERAGE,
    ANOMALY_PRECISION,
    ARCHIVE_PROPOSAL,
    ARCHIVE_DECISION,
)
