"""Lake tables of line loss: each area, feeder and unit, by day and by month."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition, Versions

FIGURES = (
    Column(
        "supplied_kwh",
        pa.float64(),
        "supplied: supply meter forward + solar export + other injections",
        "供入电量",
        unit="kWh",
    ),
    Column("sold_kwh", pa.float64(), "taken: customers + reverse of the supply meter", "售出电量", unit="kWh"),
    Column("loss_kwh", pa.float64(), "supplied - sold; negative stays negative", "损失电量", unit="kWh"),
    Column("loss_rate", pa.float64(), "loss / supplied", "损失率"),
    Column("technical_kwh", pa.float64(), "technical loss", "技术线损", unit="kWh"),
    Column(
        "technical_source",
        pa.string(),
        "network, regression, usual (company default), transformers (nameplates only), sum (of parts) or none",
        "技术线损来源",
    ),
    Column("unexplained_kwh", pa.float64(), "loss - technical", "未解释电量", unit="kWh"),
    Column("unexplained_low_kwh", pa.float64(), "lower end of its 90 % interval", "下限", unit="kWh"),
    Column("unexplained_high_kwh", pa.float64(), "upper end", "上限", unit="kWh"),
    Column("coverage", pa.float64(), "share of energy and meters really read", "采集覆盖率", is_required=True),
    Column("estimated_share", pa.float64(), "share of sold energy that is estimated", "估算占比"),
    Column("is_computable", pa.bool_(), "the figure can be trusted", "是否可算", is_required=True),
    Column("not_computable_reason", pa.string(), "why not, codes joined by ;", "不可算原因"),
    Column("loss_class", pa.string(), "class of the versioned list", "线损分类", is_required=True),
    Column("cause_hints", pa.string(), "signs found, codes of the cause list joined by ;", "原因提示"),
    Column("policy_version", pa.string(), "version of thresholds", "规则版本", is_required=True),
)
"""What every loss says, of whatever: sums, technical part, interval, computability and class."""

AREA_LOSS_DAILY = Contract(
    name="out_area_loss_daily",
    meaning="the loss of an area on a day",
    meaning_zh="台区日线损",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        *FIGURES,
    ),
    key=(
        "area_id",
        "on_date",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="on_date",
)

AREA_LOSS_MONTHLY = Contract(
    name="out_area_loss_monthly",
    meaning="the loss of an area in a month",
    meaning_zh="台区月线损",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("day_count", pa.int32(), "days counted", "天数", is_required=True),
        *FIGURES,
    ),
    key=(
        "area_id",
        "month",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="month",
)

AREA_PERIOD = Contract(
    name="out_area_period",
    meaning="an area over the detection window: level, trend, change points",
    meaning_zh="台区时段分析",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("day_count", pa.int32(), "computable days", "可算天数", is_required=True),
        Column("loss_rate", pa.float64(), "loss / supplied over computable days", "损失率"),
        Column("unexplained_kwh", pa.float64(), "unexplained, whole window", "未解释电量", unit="kWh"),
        Column("unexplained_low_kwh", pa.float64(), "lower end", "下限", unit="kWh"),
        Column("unexplained_high_kwh", pa.float64(), "upper end", "上限", unit="kWh"),
        Column("change_on", pa.date32(), "day the unexplained loss changed most; empty where it did not", "突变日"),
        Column("change_kwh_per_day", pa.float64(), "size of that change", "突变量", unit="kWh/d"),
        Column("regression_r2", pa.float64(), "fit of e = c0 + c1 S^2", "回归优度"),
        Column("cause_hints", pa.string(), "codes joined by ;", "原因提示"),
    ),
    key=(
        "area_id",
        "as_of_on",
    ),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

FEEDER_LOSS = Contract(
    name="out_feeder_loss",
    meaning="a feeder's loss over a day or month, within the boundary of column boundary",
    meaning_zh="线路线损",
    columns=(
        Column("feeder_id", pa.string(), "feeder", "线路", is_required=True),
        Column("on_date", pa.date32(), "day, or first day of the month", "日期", is_required=True),
        Column("period", pa.string(), "day or month", "周期", is_required=True),
        Column(
            "boundary",
            pa.string(),
            "transformers: the line itself, to its areas' supply meters; customers: the line with its areas; mixed",
            "边界:公变关口或用户",
            is_required=True,
        ),
        *FIGURES,
    ),
    key=(
        "feeder_id",
        "on_date",
        "period",
    ),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="on_date",
)

UNIT_LOSS = Contract(
    name="out_unit_loss",
    meaning="the loss of a unit (by region) or of a voltage level over a day or month",
    meaning_zh="分区与分压线损",
    columns=(
        Column("unit_id", pa.string(), "unit", "单位", is_required=True),
        Column(
            "level",
            pa.string(),
            "province, city, county, station, or a voltage such as 0.4 kV, 10 kV",
            "层级或电压等级",
            is_required=True,
        ),
        Column("on_date", pa.date32(), "day, or first day of the month", "日期", is_required=True),
        Column("period", pa.string(), "day or month", "周期", is_required=True),
        Column("area_count", pa.int32(), "areas or feeders below", "下辖台区或线路数", is_required=True),
        Column("computable_count", pa.int32(), "of these computable", "可算数", is_required=True),
        *FIGURES,
    ),
    key=(
        "unit_id",
        "level",
        "on_date",
        "period",
    ),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="on_date",
)

_SHARE = (
    Column(
        "cause",
        pa.string(),
        "technical, wrong_area, supply_meter, customer_meter, missing, unmetered, theft or unknown",
        "原因",
        is_required=True,
    ),
    Column("kwh", pa.float64(), "its part of the loss over the window; the parts add up", "电量", unit="kWh"),
    Column("low_kwh", pa.float64(), "lower end of its 90 % interval", "下限", unit="kWh"),
    Column("high_kwh", pa.float64(), "upper end", "上限", unit="kWh"),
    Column("share_of_supply", pa.float64(), "part / supplied", "占供电量比例"),
    Column("policy_version", pa.string(), "version of thresholds", "规则版本", is_required=True),
)
"""One cause of a loss, of whatever."""

_TARGET = (
    Column("day_count", pa.int32(), "computable days", "可算天数", is_required=True),
    Column("supplied_kwh", pa.float64(), "supplied over the window", "供入电量", unit="kWh"),
    Column("loss_kwh", pa.float64(), "lost over the window", "损失电量", unit="kWh"),
    Column("loss_rate", pa.float64(), "loss / supplied", "损失率"),
    Column(
        "target_loss_rate", pa.float64(), "what it should lose: its own physics, meter classes, margin", "目标损失率"
    ),
    Column("over_target_kwh", pa.float64(), "loss beyond the target; negative = within", "超目标电量", unit="kWh"),
    Column("policy_version", pa.string(), "version of thresholds", "规则版本", is_required=True),
)
"""A loss beside what it should be."""

AREA_EXPLANATION = Contract(
    name="out_area_explanation",
    meaning="one cause's part of an area's loss over the detection window",
    meaning_zh="台区损失构成",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        *_SHARE,
    ),
    key=("area_id", "as_of_on", "cause"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

AREA_CHECK = Contract(
    name="out_area_check",
    meaning="a check that would narrow the explanation of an area's loss",
    meaning_zh="台区下一步核查",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        Column("rank", pa.int32(), "1 = tells most for its minutes", "名次", is_required=True),
        Column("check", pa.string(), "code of the published list", "核查", is_required=True),
        Column("place", pa.string(), "meter or area it is done at", "对象", is_required=True),
        Column("hour", pa.int32(), "hour of the day at which it tells most; empty = any", "时刻"),
        Column("minutes", pa.float64(), "about how long it takes", "用时", unit="minutes"),
        Column(
            "reduction_kwh", pa.float64(), "fall of the standard deviation of the causes", "不确定性降低", unit="kWh"
        ),
        Column("probability", pa.float64(), "chance that it finds what it looks for", "命中可能"),
        Column("policy_version", pa.string(), "version of thresholds", "规则版本", is_required=True),
    ),
    key=("area_id", "as_of_on", "rank"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

AREA_TARGET = Contract(
    name="out_area_target",
    meaning="what an area should lose by its own physics, beside what it loses",
    meaning_zh="台区目标线损",
    columns=(
        Column("area_id", pa.string(), "area", "台区", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        *_TARGET,
    ),
    key=("area_id", "as_of_on"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

FEEDER_EXPLANATION = Contract(
    name="out_feeder_explanation",
    meaning="one cause's part of a feeder's own loss over the detection window",
    meaning_zh="线路损失构成",
    columns=(
        Column("feeder_id", pa.string(), "feeder", "线路", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        *_SHARE,
    ),
    key=("feeder_id", "as_of_on", "cause"),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

FEEDER_TARGET = Contract(
    name="out_feeder_target",
    meaning="what a feeder should lose by its own physics, beside what it loses",
    meaning_zh="线路目标线损",
    columns=(
        Column("feeder_id", pa.string(), "feeder", "线路", is_required=True),
        Column("as_of_on", pa.date32(), "last day of the window", "截止日", is_required=True),
        *_TARGET,
    ),
    key=("feeder_id", "as_of_on"),
    partition=Partition.MONTH,
    versions=Versions.RUN,
    dated_by="as_of_on",
)

TABLES = (
    AREA_LOSS_DAILY,
    AREA_LOSS_MONTHLY,
    AREA_PERIOD,
    AREA_EXPLANATION,
    AREA_CHECK,
    AREA_TARGET,
    FEEDER_LOSS,
    FEEDER_EXPLANATION,
    FEEDER_TARGET,
    UNIT_LOSS,
)
