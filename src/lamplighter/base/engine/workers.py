"""How a worker process behaves, whichever engine started it."""

import pyarrow as pa
from threadpoolctl import threadpool_limits


def use_one_core() -> None:
    """Keep a worker to the core it was given; the engine's processes are the parallelism."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    # The small regressions of a bucket cost several times as much when BLAS shares each out over all cores.
    threadpool_limits(1)
