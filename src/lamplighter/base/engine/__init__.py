"""The engine port: kernels over blocks, relations over tables, on whatever runs them.

Analytics know two forms only. A *task* takes one item (a bucket and its days) and is independent of every other: the
unit of parallel and of distributed work. A *relation* is SQL in the subset that DuckDB and Spark SQL share.
"""

from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.base.engine.local import LocalEngine
from lamplighter.base.engine.opening import open_engine
from lamplighter.base.engine.port import Engine, TaskFailed
from lamplighter.base.engine.spark import SparkEngine

__all__ = ["AreaBlock", "Engine", "LocalEngine", "SparkEngine", "TaskFailed", "empty_block", "open_engine"]
