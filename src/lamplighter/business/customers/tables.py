"""Lake tables of the customers: archive, what was billed and paid, earlier contacts, calls."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition

COMPANY = Contract(
    name="core_company",
    meaning="the company itself: one row",
    meaning_zh="公司",
    columns=(
        Column("name", pa.string(), "name", "名称", is_required=True),
        Column("timezone", pa.string(), "IANA zone its clocks run in", "时区", is_required=True),
        Column("interval_minutes", pa.int32(), "length of an interval", "采集间隔", unit="minute", is_required=True),
        Column("price_yuan_per_kwh", pa.string(), "fallback price by class, as JSON", "兜底电价", unit="yuan/kWh"),
    ),
    key=("name",),
)

CUSTOMER = Contract(
    name="core_customer",
    meaning="an account with the supply company (户号)",
    meaning_zh="用户",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("name", pa.string(), "name", "户名", is_personal=True),
        Column(
            "class",
            pa.string(),
            "residential, commercial, industrial, agricultural, public ...",
            "用电类别",
            is_required=True,
        ),
        Column("contract_kw", pa.float64(), "contract power", "合同功率", unit="kW"),
        Column("contract_kva", pa.float64(), "contract capacity", "合同容量", unit="kVA"),
        Column("voltage_kv", pa.float64(), "voltage of supply", "供电电压", unit="kV"),
        Column("price_class", pa.string(), "price class", "电价类别"),
        Column("address", pa.string(), "address", "地址", is_personal=True),
        Column("telephone", pa.string(), "telephone", "电话", is_personal=True),
        Column("opened_on", pa.date32(), "opened", "立户日"),
        Column("closed_on", pa.date32(), "closed", "销户日"),
        Column("longitude", pa.float64(), "longitude", "经度", unit="degree", is_personal=True),
        Column("latitude", pa.float64(), "latitude", "纬度", unit="degree", is_personal=True),
        Column("is_protected", pa.bool_(), "life support or otherwise protected", "重要或受保护"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性", is_personal=True),
    ),
    key=("account_id",),
)

BILLED_MONTH = Contract(
    name="core_billed_month",
    meaning="what an account was billed for a month",
    meaning_zh="月度计费电量",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("energy_kwh", pa.float64(), "energy billed", "计费电量", unit="kWh", is_required=True),
        Column("amount_yuan", pa.float64(), "amount", "金额", unit="yuan"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "account_id",
        "month",
    ),
    partition=Partition.MONTH,
    dated_by="month",
)

PAYMENT = Contract(
    name="core_payment",
    meaning="a payment",
    meaning_zh="缴费",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("paid_at", pa.timestamp("us"), "when, UTC", "缴费时间", is_required=True),
        Column("amount_yuan", pa.float64(), "amount", "金额", unit="yuan", is_required=True),
        Column("for_month", pa.date32(), "month it is for", "所属月份"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "account_id",
        "paid_at",
    ),
    partition=Partition.MONTH,
    dated_by="paid_at",
)

CONTACT = Contract(
    name="core_contact",
    meaning="an earlier contact with the customer",
    meaning_zh="来电来访",
    columns=(
        Column("account_id", pa.string(), "account", "户号", is_required=True, is_personal=True),
        Column("at", pa.timestamp("us"), "when, UTC", "时间", is_required=True),
        Column("kind", pa.string(), "kind", "类别", is_required=True),
        Column("note", pa.string(), "note", "备注", is_personal=True),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "account_id",
        "at",
        "kind",
    ),
)

CALL_LEG = Contract(
    name="core_call_leg",
    meaning="a leg of a call: an agent was asked for in one queue of the telephone exchange, and what became of it",
    meaning_zh="话务明细（一次排队为一段）",
    columns=(
        Column("call_id", pa.string(), "call, as the exchange numbers it", "通话编号", is_required=True),
        Column(
            "leg",
            pa.int32(),
            "leg of the call, from 1; each queue it is put through to is one",
            "段次",
            is_required=True,
        ),
        Column("unit_id", pa.string(), "unit the queue answers for", "所属单位", is_required=True),
        Column("queue", pa.string(), "queue or skill group", "队列"),
        Column("offered_at", pa.timestamp("us"), "when an agent was asked for, UTC", "请求人工时间", is_required=True),
        Column("answered_at", pa.timestamp("us"), "when one answered, UTC; empty = nobody did", "接听时间"),
        Column("ended_at", pa.timestamp("us"), "when the leg ended, UTC", "结束时间", is_required=True),
        Column("agent", pa.string(), "who answered, as the exchange names him", "坐席工号", is_personal=True),
        Column("wrap_seconds", pa.float64(), "work on it after its end", "事后处理时长", unit="s"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "call_id",
        "leg",
    ),
    partition=Partition.MONTH,
    dated_by="offered_at",
)

TABLES = (
    COMPANY,
    CUSTOMER,
    BILLED_MONTH,
    PAYMENT,
    CONTACT,
    CALL_LEG,
)
