"""Lake tables of metering: what meters are, what they said, and what could not be taken in."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract, Partition

METER = Contract(
    name="core_meter",
    meaning="a meter as installed; an exchange gives two rows",
    meaning_zh="电能表",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("account_id", pa.string(), "account it bills", "户号", is_personal=True),
        Column("area_id", pa.string(), "area, as the archive last said", "台区"),
        Column("feeder_id", pa.string(), "feeder, of feeder meters and 10 kV customers", "线路"),
        Column("role", pa.string(), "customer, supply, solar or feeder", "用途", is_required=True),
        Column("phase", pa.string(), "A, B, C or ABC", "相别"),
        Column("wiring", pa.string(), "1P, 3P4W or 3P3W", "接线方式"),
        Column("ct_ratio", pa.float64(), "current transformer ratio", "CT 变比"),
        Column("pt_ratio", pa.float64(), "voltage transformer ratio", "PT 变比"),
        Column("multiplier", pa.float64(), "from metered to billed energy", "倍率", is_required=True),
        Column("rated_voltage_v", pa.float64(), "rated voltage", "额定电压", unit="V"),
        Column("basic_current_a", pa.float64(), "basic current", "基本电流", unit="A"),
        Column("max_current_a", pa.float64(), "greatest current", "最大电流", unit="A"),
        Column("box_id", pa.string(), "meter box", "表箱"),
        Column("node_id", pa.string(), "node of the network", "节点"),
        Column("installed_on", pa.date32(), "installed", "安装日"),
        Column("removed_on", pa.date32(), "first day without it", "拆除日"),
        Column("bucket", pa.int32(), "bucket its interval data lie in; never changes", "数据分桶", is_required=True),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=("meter_id",),
    sort=("bucket", "meter_id"),
)

INTERVAL = Contract(
    name="core_interval",
    meaning="a day vector: one channel of one meter on one local day, as received, before the multiplier",
    meaning_zh="日曲线",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "local day", "日期", is_required=True),
        Column("channel", pa.string(), "what is measured", "数据项", is_required=True),
        Column("slot_count", pa.int16(), "slots that exist on this day (96, 92, 100 ...)", "时段数", is_required=True),
        Column(
            "values",
            pa.list_(pa.float32()),
            "one value a slot, null = missing; length is the table's slot axis (96, or 100 where clocks change)",
            "数值",
            is_required=True,
        ),
    ),
    key=(
        "meter_id",
        "on_date",
        "channel",
    ),
    partition=Partition.MONTH_BUCKET,
    dated_by="on_date",
    sort=(
        "channel",
        "meter_id",
        "on_date",
    ),
)

REGISTER_DAILY = Contract(
    name="core_register_daily",
    meaning="dial readings frozen at 00:00, before the multiplier",
    meaning_zh="日冻结示数",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day that begins", "日期", is_required=True),
        Column("total_kwh", pa.float64(), "total", "总示数", unit="kWh", is_required=True),
        Column("sharp_kwh", pa.float64(), "sharp", "尖", unit="kWh"),
        Column("peak_kwh", pa.float64(), "peak", "峰", unit="kWh"),
        Column("flat_kwh", pa.float64(), "flat", "平", unit="kWh"),
        Column("valley_kwh", pa.float64(), "valley", "谷", unit="kWh"),
        Column("reverse_kwh", pa.float64(), "reverse", "反向", unit="kWh"),
        Column("reactive_kvarh", pa.float64(), "reactive", "无功", unit="kvarh"),
        Column("max_demand_kw", pa.float64(), "greatest demand", "最大需量", unit="kW"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "meter_id",
        "on_date",
    ),
    partition=Partition.MONTH_BUCKET,
    dated_by="on_date",
)

INTERVAL_MONTHLY = Contract(
    name="core_monthly",
    meaning="energy of a meter known only by month, before the multiplier",
    meaning_zh="月电量",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("month", pa.date32(), "first day of the month", "月份", is_required=True),
        Column("channel", pa.string(), "what is measured", "数据项", is_required=True),
        Column("value", pa.float64(), "value", "数值", is_required=True),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "meter_id",
        "month",
        "channel",
    ),
    partition=Partition.MONTH,
    dated_by="month",
)

METER_EVENT = Contract(
    name="core_meter_event",
    meaning="an event a meter raised",
    meaning_zh="电表事件",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("occurred_at", pa.timestamp("us"), "when, UTC", "发生时间", is_required=True),
        Column("code", pa.string(), "code of the event list", "事件代码", is_required=True),
        Column("ended_at", pa.timestamp("us"), "end, UTC", "结束时间"),
        Column("detail", pa.string(), "detail", "详情"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "meter_id",
        "occurred_at",
        "code",
    ),
    partition=Partition.MONTH_BUCKET,
    dated_by="occurred_at",
)

SOURCE_FILE = Contract(
    name="raw_file",
    meaning="a file taken in, with its count that adds up",
    meaning_zh="入库文件",
    columns=(
        Column("file_id", pa.string(), "SHA-256 of the file, subject and mapping", "文件指纹", is_required=True),
        Column("path", pa.string(), "path inside the folder", "路径", is_required=True),
        Column("subject", pa.string(), "file of the company folder it belongs to", "数据类别", is_required=True),
        Column("taken_at", pa.timestamp("us"), "when, UTC", "入库时间", is_required=True),
        Column("read_count", pa.int64(), "readings or rows read", "读取数", is_required=True),
        Column("accepted_count", pa.int64(), "new", "新增", is_required=True),
        Column("versioned_count", pa.int64(), "new versions of known ones", "新版本", is_required=True),
        Column("repeated_count", pa.int64(), "identical repeats", "重复", is_required=True),
        Column("quarantined_count", pa.int64(), "set aside with a reason", "隔离", is_required=True),
        Column("blank_count", pa.int64(), "empty cells: missing, not counted as read", "空值", is_required=True),
        Column("mapping", pa.string(), "how it was read, JSON: a release reads its rows the same way", "读取方式"),
    ),
    key=("file_id",),
)

QUARANTINE = Contract(
    name="raw_quarantine",
    meaning="a row set aside: nothing is lost",
    meaning_zh="隔离数据",
    columns=(
        Column("quarantine_id", pa.string(), "fingerprint of file and row", "隔离编号", is_required=True),
        Column("file_id", pa.string(), "file", "文件指纹", is_required=True),
        Column("path", pa.string(), "path inside the folder", "路径", is_required=True),
        Column("subject", pa.string(), "file of the company folder", "数据类别", is_required=True),
        Column("row_number", pa.int64(), "row in the file, header = 0", "行号", is_required=True),
        Column("reason", pa.string(), "why, a code of the published list", "原因", is_required=True),
        Column("detail", pa.string(), "which value, in words", "说明"),
        Column("reading_count", pa.int64(), "readings in the row", "读数个数", is_required=True),
        Column("row_json", pa.string(), "the row as it came, JSON", "原始行", is_personal=True),
        Column("released_at", pa.timestamp("us"), "when it was taken in after all, UTC", "放行时间"),
    ),
    key=("quarantine_id",),
)

TABLES = (
    METER,
    INTERVAL,
    REGISTER_DAILY,
    INTERVAL_MONTHLY,
    METER_EVENT,
    SOURCE_FILE,
    QUARANTINE,
)
