-- One row: what entered and left a feeder over a day or month.
-- energy: meter_id, on_date, area_id, role, energy_kwh, reverse_kwh, read_share (after the multiplier; null = unknown)
-- meter: meter_id, feeder_id (of its own: feeder meters and 10 kV customers)
-- hangs: area_id, on_date, feeder_id
-- area: area_id, has_supply (1 where the archive knows a supply meter of it)
-- through_customers: one row, flag = 1 to look through every transformer to its customers
WITH placed AS (
  SELECT
    e.on_date,
    CASE WHEN e.area_id IS NULL THEN m.feeder_id ELSE h.feeder_id END AS feeder_id,
    e.area_id,
    e.role,
    coalesce(e.energy_kwh, 0.0) AS forward_kwh,
    coalesce(e.reverse_kwh, 0.0) AS backward_kwh,
    CASE WHEN e.energy_kwh IS NULL THEN 0 ELSE 1 END AS is_known,
    e.read_share,
    coalesce(w.both_ways, 0) AS both_ways,
    CASE WHEN coalesce(a.has_supply, 0) = 1 AND t.flag = 0 THEN 1 ELSE 0 END AS stops_here
  FROM energy e
  CROSS JOIN through_customers t
  LEFT JOIN meter m ON m.meter_id = e.meter_id
  LEFT JOIN hangs h ON h.area_id = e.area_id AND h.on_date = e.on_date
  LEFT JOIN area a ON a.area_id = e.area_id
  LEFT JOIN (
    SELECT meter_id, max(CASE WHEN reverse_kwh IS NULL THEN 0 ELSE 1 END) AS both_ways FROM energy GROUP BY meter_id
  ) w ON w.meter_id = e.meter_id
),
parts AS (
  SELECT
    on_date,
    feeder_id,
    area_id,
    is_known,
    read_share,
    stops_here,
    CASE WHEN role = 'feeder' THEN 1 ELSE 0 END AS is_head,
    CASE
      WHEN role = 'feeder' THEN 0
      WHEN area_id IS NULL THEN 1
      WHEN role = 'supply' THEN stops_here
      ELSE 1 - stops_here
    END AS is_end,
    CASE WHEN role = 'solar' THEN 1 ELSE 0 END AS is_solar,
    CASE
      WHEN role = 'feeder' THEN forward_kwh
      WHEN role = 'solar' AND both_ways = 0 THEN forward_kwh
      ELSE backward_kwh
    END AS in_kwh,
    CASE
      WHEN role = 'feeder' THEN backward_kwh
      WHEN role = 'solar' AND both_ways = 0 THEN 0.0
      ELSE forward_kwh
    END AS out_kwh
  FROM placed
  WHERE feeder_id IS NOT NULL
)
SELECT
  feeder_id,
  on_date,
  sum(CASE WHEN is_head = 1 OR is_end = 1 THEN in_kwh ELSE 0.0 END) AS supplied_kwh,
  sum(CASE WHEN is_head = 1 OR is_end = 1 THEN out_kwh ELSE 0.0 END) AS sold_kwh,
  sum(CASE WHEN is_head = 1 THEN in_kwh ELSE 0.0 END) AS head_kwh,
  sum(CASE WHEN is_end = 1 AND is_solar = 1 THEN in_kwh ELSE 0.0 END) AS solar_kwh,
  sum(is_head) AS head_count,
  sum(CASE WHEN is_head = 1 THEN is_known ELSE 0 END) AS head_known,
  min(CASE WHEN is_head = 1 THEN read_share ELSE 1.0 END) AS head_read,
  sum(is_end) AS end_count,
  sum(CASE WHEN is_end = 1 THEN read_share ELSE 0.0 END) AS end_read,
  sum(CASE WHEN is_end = 1 THEN in_kwh + out_kwh ELSE 0.0 END) AS end_kwh,
  sum(CASE WHEN is_end = 1 THEN (in_kwh + out_kwh) * read_share ELSE 0.0 END) AS end_read_kwh,
  sum(CASE WHEN is_end = 1 THEN in_kwh * in_kwh + out_kwh * out_kwh ELSE 0.0 END) AS end_square,
  sum(CASE WHEN is_end = 1 AND is_solar = 1 THEN 1 ELSE 0 END) AS solar_count,
  sum(CASE WHEN is_end = 1 AND is_solar = 1 THEN is_known ELSE 0 END) AS solar_known,
  count(DISTINCT CASE WHEN stops_here = 1 AND is_end = 1 THEN area_id END) AS metered_areas,
  count(DISTINCT CASE WHEN stops_here = 0 AND is_end = 1 THEN area_id END) AS open_areas
FROM parts
GROUP BY feeder_id, on_date
