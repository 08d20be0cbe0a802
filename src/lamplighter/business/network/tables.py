"""Lake tables of the network: the organisation, feeders, areas, lines and who hung on what when."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Column, Contract

UNIT = Contract(
    name="core_unit",
    meaning="an organisation unit: province, city, county or station",
    meaning_zh="组织单位",
    columns=(
        Column("unit_id", pa.string(), "unit", "单位编号", is_required=True),
        Column("parent_id", pa.string(), "unit above, empty at the top", "上级单位"),
        Column("level", pa.string(), "province, city, county or station", "层级", is_required=True),
        Column("name", pa.string(), "name", "名称", is_required=True),
        Column("province_id", pa.string(), "province it lies in", "所属省", is_required=True),
        Column(
            "city_id", pa.string(), "city; the nearest above where the level is missing", "所属市", is_required=True
        ),
        Column("county_id", pa.string(), "county; likewise", "所属县", is_required=True),
        Column("station_id", pa.string(), "station; likewise", "所属供电所", is_required=True),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=("unit_id",),
)

FEEDER = Contract(
    name="core_feeder",
    meaning="a 10 kV line",
    meaning_zh="10 kV 线路",
    columns=(
        Column("feeder_id", pa.string(), "feeder", "线路编号", is_required=True),
        Column("name", pa.string(), "name", "名称"),
        Column("station_id", pa.string(), "station that runs it", "所属供电所"),
        Column("substation_id", pa.string(), "substation it leaves", "变电站"),
        Column("voltage_kv", pa.float64(), "nominal voltage", "电压等级", unit="kV"),
        Column("supply_meter_id", pa.string(), "meter at its head", "关口表"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=("feeder_id",),
)

AREA = Contract(
    name="core_area",
    meaning="what hangs behind one transformer (台区)",
    meaning_zh="台区",
    columns=(
        Column("area_id", pa.string(), "area", "台区编号", is_required=True),
        Column("name", pa.string(), "name", "名称"),
        Column("feeder_id", pa.string(), "feeder it hangs on, as the archive last said", "所属线路"),
        Column("station_id", pa.string(), "station", "供电所", is_required=True),
        Column("kind", pa.string(), "public or dedicated", "公变或专变"),
        Column("rated_kva", pa.float64(), "rated power of the transformer", "额定容量", unit="kVA"),
        Column("no_load_loss_kw", pa.float64(), "no-load loss", "空载损耗", unit="kW"),
        Column("load_loss_kw", pa.float64(), "load loss at rated power", "负载损耗", unit="kW"),
        Column("longitude", pa.float64(), "longitude", "经度", unit="degree"),
        Column("latitude", pa.float64(), "latitude", "纬度", unit="degree"),
        Column("bucket", pa.int32(), "bucket its interval data lie in; never changes", "数据分桶", is_required=True),
        Column("attributes", pa.string(), "columns of the file the contract does not know, as JSON", "其他属性"),
    ),
    key=("area_id",),
)

LINE = Contract(
    name="core_line",
    meaning="a piece of line between two nodes of an area or feeder",
    meaning_zh="线段",
    columns=(
        Column("area_id", pa.string(), "area, or empty", "台区"),
        Column("feeder_id", pa.string(), "feeder, or empty", "线路"),
        Column("from_node", pa.string(), "node towards the source", "首端节点", is_required=True),
        Column("to_node", pa.string(), "node away from the source", "末端节点", is_required=True),
        Column("phases", pa.string(), "phases it carries, A, B, C, AB, ABC ...", "相别"),
        Column("conductor", pa.string(), "conductor type", "导线型号"),
        Column("length_m", pa.float64(), "length", "长度", unit="m", is_required=True),
        Column("ohm_per_km", pa.float64(), "resistance of one conductor", "单位电阻", unit="ohm/km"),
        Column("reactance_ohm_per_km", pa.float64(), "reactance", "单位电抗", unit="ohm/km"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "area_id",
        "feeder_id",
        "from_node",
        "to_node",
    ),
)

ASSIGNMENT = Contract(
    name="core_assignment",
    meaning="a meter hung on an area, or an area on a feeder, over a period",
    meaning_zh="挂接关系",
    columns=(
        Column("child_id", pa.string(), "meter or area", "下级编号", is_required=True),
        Column("child_kind", pa.string(), "meter or area", "下级类别", is_required=True),
        Column("parent_id", pa.string(), "area or feeder", "上级编号", is_required=True),
        Column("valid_from", pa.date32(), "first day", "生效日", is_required=True),
        Column("valid_to", pa.date32(), "first day it no longer holds; empty = still", "失效日"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "child_id",
        "valid_from",
    ),
)

OUTAGE = Contract(
    name="core_outage",
    meaning="an interruption of supply",
    meaning_zh="停电",
    columns=(
        Column("asset_id", pa.string(), "area, feeder or account", "停电对象", is_required=True),
        Column("started_at", pa.timestamp("us"), "start, UTC", "开始时间", is_required=True),
        Column("ended_at", pa.timestamp("us"), "end, UTC; empty = unknown", "结束时间"),
        Column("kind", pa.string(), "planned, fault or shed", "类别", is_required=True),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "asset_id",
        "started_at",
    ),
)

WEATHER = Contract(
    name="core_weather",
    meaning="the weather of a unit on a day",
    meaning_zh="天气",
    columns=(
        Column("place", pa.string(), "unit", "单位", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("mean_c", pa.float64(), "mean temperature", "平均气温", unit="°C", is_required=True),
        Column("min_c", pa.float64(), "lowest", "最低", unit="°C"),
        Column("max_c", pa.float64(), "highest", "最高", unit="°C"),
        Column("attributes", pa.string(), "columns the contract does not know, as JSON", "其他属性"),
    ),
    key=(
        "place",
        "on_date",
    ),
)

TABLES = (
    UNIT,
    FEEDER,
    AREA,
    LINE,
    ASSIGNMENT,
    OUTAGE,
    WEATHER,
)
