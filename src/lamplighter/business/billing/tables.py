"""Lake tables of billing: shadow bills, their lines, and the readings each rests on."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition, Versions

_YUAN = pa.decimal128(16, 2)
_KWH = pa.decimal128(18, 3)
_RATE = pa.decimal128(18, 8)

BILL = Contract(
    name="out_bill",
    meaning="the shadow bill of an account for a month, by the registers of its approved meters",
    meaning_zh="影子账单",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("tariff", pa.string(), "code of the tariff on the last day; null = unknown tariff", "电价"),
        Column("energy_kwh", _KWH, "energy by the registers, own losses included", "电量", unit="kWh"),
        Column("used_before_kwh", _KWH, "energy of the tier's span before the month", "期前累计电量", unit="kWh"),
        Column("own_loss_kwh", _KWH, "losses of an own transformer among it", "变损电量", unit="kWh"),
        Column("total_yuan", _YUAN, "sum of the lines; null while an issue blocks", "电费合计", unit="yuan"),
        Column("billed_yuan", _YUAN, "what the company billed", "公司开票金额", unit="yuan"),
        Column("difference_yuan", _YUAN, "billed minus shadow", "差额", unit="yuan"),
        Column("issues", pa.string(), "codes of what is not whole or not sure, joined by ;", "问题代码"),
        Column("book_version", pa.string(), "version of the prices", "电价簿版本", is_required=True),
    ),
    key=("account_id", "month"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="month",
)

BILL_LINE = Contract(
    name="out_bill_line",
    meaning="a line of a shadow bill, with its formula and where its rate stands",
    meaning_zh="影子账单明细",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("line", pa.int16(), "number of the line, from 1", "行号", is_required=True),
        Column("item", pa.string(), "what for, a code of the list", "项目", is_required=True),
        Column("detail", pa.string(), "component, or factor and standard", "明细"),
        Column("period", pa.string(), "period of the day", "时段"),
        Column("tier", pa.int16(), "tier, from 1", "阶梯"),
        Column("first_on", pa.date32(), "first day", "起", is_required=True),
        Column("end_on", pa.date32(), "the day after the last", "止", is_required=True),
        Column("quantity", _KWH, "how much of what is charged", "数量", is_required=True),
        Column("unit", pa.string(), "of the quantity", "单位", is_required=True),
        Column("rate", _RATE, "price, or share", "单价", is_required=True),
        Column("formula", pa.string(), "the arithmetic as one reads it", "算式", is_required=True),
        Column("yuan", _YUAN, "amount, rounded half up", "金额", unit="yuan", is_required=True),
        Column("tariff", pa.string(), "tariff or rule the rate stands in", "依据", is_required=True),
        Column("tariff_version", pa.string(), "its version", "版本", is_required=True),
        Column("source", pa.string(), "document it was read in", "出处", is_required=True),
        Column("evidence", pa.string(), "grade of the source", "证据等级", is_required=True),
    ),
    key=("account_id", "month", "line"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="month",
)

BILL_READING = Contract(
    name="out_bill_reading",
    meaning="what one meter adds to a shadow bill: its two readings, their versions, and the multiplier",
    meaning_zh="影子账单示数",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("first_on", pa.date32(), "first day it counts for", "起", is_required=True),
        Column("end_on", pa.date32(), "the day after the last", "止", is_required=True),
        Column("start_on", pa.date32(), "morning of the first reading", "起码日"),
        Column("start_kwh", _KWH, "first reading, before the multiplier", "起码", unit="kWh"),
        Column("start_known_at", pa.timestamp("us"), "version of that reading, UTC", "起码入库时间"),
        Column("stop_on", pa.date32(), "morning of the last reading", "止码日"),
        Column("stop_kwh", _KWH, "last reading, before the multiplier", "止码", unit="kWh"),
        Column("stop_known_at", pa.timestamp("us"), "version of that reading, UTC", "止码入库时间"),
        Column("multiplier", _KWH, "from metered to billed energy", "倍率", is_required=True),
        Column("energy_kwh", _KWH, "energy after the multiplier", "电量", unit="kWh"),
        Column("bridged_kwh", _KWH, "part of it from intervals, at an exchange", "换表补算电量", unit="kWh"),
    ),
    key=("account_id", "month", "meter_id", "first_on"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="month",
)

TABLES = (
    BILL,
    BILL_LINE,
    BILL_READING,
)
