-- One row: the loss of an element over a month, summed over its computable days. {key} stands for its key columns.
-- day: key columns, and the figures of its daily rows
SELECT
  {key},
  sum(CASE WHEN is_computable THEN 1 ELSE 0 END) AS day_count,
  count(*) AS known_days,
  sum(CASE WHEN is_computable THEN supplied_kwh END) AS supplied_kwh,
  sum(CASE WHEN is_computable THEN sold_kwh END) AS sold_kwh,
  sum(CASE WHEN is_computable THEN loss_kwh END) AS loss_kwh,
  sum(CASE WHEN is_computable THEN technical_kwh END) AS technical_kwh,
  min(technical_source) AS technical_source,
  sum(CASE WHEN is_computable THEN unexplained_kwh END) AS unexplained_kwh,
  sum(CASE WHEN is_computable THEN unexplained_low_kwh END) AS unexplained_low_kwh,
  sum(CASE WHEN is_computable THEN unexplained_high_kwh END) AS unexplained_high_kwh,
  avg(coverage) AS coverage,
  sum(CASE WHEN is_computable THEN estimated_share * sold_kwh END) AS estimated_kwh
FROM day
GROUP BY {key}
