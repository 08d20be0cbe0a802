"""Lake tables of trusted energy: what a meter's day is worth after validation and estimation."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition, Versions

TRUSTED_DAY = Contract(
    name="core_trusted_day",
    meaning="a meter's day after validation and estimation",
    meaning_zh="可信日电量",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("area_id", pa.string(), "area it hung on that day", "台区"),
        Column("role", pa.string(), "customer, supply, solar or feeder", "用途", is_required=True),
        Column(
            "energy_kwh",
            pa.float64(),
            "import energy after the multiplier; null where it cannot be known",
            "正向电量",
            unit="kWh",
        ),
        Column("reverse_kwh", pa.float64(), "export energy after the multiplier", "反向电量", unit="kWh"),
        Column("source", pa.string(), "interval, register, estimated, or none", "来源", is_required=True),
        Column("actual_share", pa.float32(), "share of slots that are as measured", "实测比例", is_required=True),
        Column("estimated_share", pa.float32(), "share of slots estimated", "估算比例", is_required=True),
        Column("peak_kwh", pa.float32(), "greatest slot, after the multiplier", "最大时段电量", unit="kWh"),
        Column("third_kwh", pa.float32(), "third greatest slot", "第三大时段电量", unit="kWh"),
        Column("is_outage", pa.bool_(), "supply was interrupted", "停电日", is_required=True),
        Column("policy_version", pa.string(), "version of the rules", "规则版本", is_required=True),
    ),
    key=(
        "meter_id",
        "on_date",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="on_date",
)

TRUSTED_CURVE = Contract(
    name="core_trusted_curve",
    meaning="the trusted vector (before the multiplier) of a meter-day that is not as received; all others are",
    meaning_zh="可信曲线(与原始不同者)",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("channel", pa.string(), "energy_kwh or reverse_kwh", "数据项", is_required=True),
        Column("values", pa.list_(pa.float32()), "trusted value of each slot", "可信值", is_required=True),
        Column(
            "quality",
            pa.list_(pa.uint8()),
            "0 actual, 1 verified, 2 estimated, 3 substituted, 4 missing",
            "质量码",
            is_required=True,
        ),
        Column("reason", pa.list_(pa.uint8()), "reason code of the published list", "原因码", is_required=True),
    ),
    key=(
        "meter_id",
        "on_date",
        "channel",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="on_date",
)

METER_FLAG = Contract(
    name="core_meter_flag",
    meaning="what a validation rule said of a meter's day",
    meaning_zh="校验标记",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("channel", pa.string(), "what was looked at", "数据项", is_required=True),
        Column("rule_id", pa.string(), "rule, V-01 ...", "规则", is_required=True),
        Column("rule_version", pa.string(), "version", "规则版本", is_required=True),
        Column("severity", pa.string(), "note, warn or fail", "级别", is_required=True),
        Column("first_slot", pa.int16(), "first slot concerned; -1 = the whole day", "起始时段", is_required=True),
        Column("slot_span", pa.int16(), "slots concerned", "时段数", is_required=True),
        Column("value", pa.float64(), "value found", "实际值"),
        Column("threshold", pa.float64(), "threshold it was held against", "阈值"),
    ),
    key=(
        "meter_id",
        "on_date",
        "channel",
        "rule_id",
        "first_slot",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="on_date",
)

TABLES = (
    TRUSTED_DAY,
    TRUSTED_CURVE,
    METER_FLAG,
)
