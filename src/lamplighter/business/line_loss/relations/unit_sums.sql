-- One row: the sums of the computable elements (areas, or feeders) of a unit over a day or month.
-- element: station_id, level, on_date, the figures, and low_half_kwh, high_half_kwh: how far the ends of the interval lie
-- unit: unit_id, level, and the four ids of the units it lies in
WITH above AS (
  SELECT s.unit_id AS station_id, u.unit_id, u.level AS unit_level
  FROM unit s
  JOIN unit u ON u.unit_id = s.province_id OR u.unit_id = s.city_id OR u.unit_id = s.county_id OR u.unit_id = s.station_id
)
SELECT
  a.unit_id,
  CASE WHEN e.level = 'region' THEN a.unit_level ELSE e.level END AS level,
  e.on_date,
  count(*) AS area_count,
  sum(CASE WHEN e.is_computable THEN 1 ELSE 0 END) AS computable_count,
  sum(CASE WHEN e.is_computable THEN e.supplied_kwh END) AS supplied_kwh,
  sum(CASE WHEN e.is_computable THEN e.sold_kwh END) AS sold_kwh,
  sum(CASE WHEN e.is_computable THEN e.loss_kwh END) AS loss_kwh,
  sum(CASE WHEN e.is_computable THEN e.technical_kwh END) AS technical_kwh,
  sum(CASE WHEN e.is_computable THEN e.unexplained_kwh END) AS unexplained_kwh,
  sum(CASE WHEN e.is_computable THEN e.low_half_kwh * e.low_half_kwh END) AS low_square,
  sum(CASE WHEN e.is_computable THEN e.high_half_kwh * e.high_half_kwh END) AS high_square,
  avg(e.coverage) AS coverage,
  sum(CASE WHEN e.is_computable THEN e.estimated_share * e.sold_kwh END) AS estimated_kwh
FROM element e
JOIN above a ON a.station_id = e.station_id
GROUP BY a.unit_id, CASE WHEN e.level = 'region' THEN a.unit_level ELSE e.level END, e.on_date
