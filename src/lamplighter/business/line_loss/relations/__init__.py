"""Relations of line loss: SQL in the subset that DuckDB and Spark share. Each file says its tables and its row."""

from importlib import resources


def read_relation(name: str) -> str:
    """Return the SQL text of ``name``.sql.

    Example:
        >>> "GROUP BY" in read_relation("feeder_flows")
        True
    """
    return resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
