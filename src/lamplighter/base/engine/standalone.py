"""A real Spark cluster on this machine's loopback, started from the pip package: for the demo and for tests."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from lamplighter.base.engine.spark_parts import require_spark
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

LOOPBACK: Final = "127.0.0.1"
_WAIT_SECONDS: Final = 180.0
_MASTER_SAYS: Final = re.compile(r"Starting Spark master at (spark://\S+)")
_WORKER_SAYS: Final = re.compile(r"Successfully registered with master (\S+)")

# The shell holds one end of a pipe of ours: when this process ends, however it ends, it reads the end of the pipe and
# takes what it started, executors included, down with it.
_UNTIL_WE_END: Final = '"$@" </dev/null & read -r _; trap "" TERM; kill -TERM 0; wait'


# A worker that dies is no news for who watches the driver: the task runs again elsewhere.
# The appender is named because Spark takes a configuration without one for none at all, and the server because Spark
# would set the level of this one's on everything.
_DRIVER_LOGS: Final = """\
rootLogger.level = off
rootLogger.appenderRef.err.ref = err
appender.err.type = Console
appender.err.name = err
appender.err.target = SYSTEM_ERR
logger.server.name = org.apache.spark.api.python.PythonGatewayServer
logger.server.level = off
"""


class ClusterNotStarted(LamplighterError):
    """A part of the cluster ended, or did not say in time that it is ready."""

    def __init__(self, part: str, *, said: str, log: Path) -> None:
        self.part, self.said, self.log = part, said, log
        super().__init__(text("engine.cluster_not_started", part=part, said=said, log=log))


class StandaloneCluster:
    """A Spark master and its workers, listening on 127.0.0.1 only, on ports the system picks.

    Args:
        folder: logs, settings and working files of the cluster; made when absent.
        workers: worker processes.
        worker_cores: cores a worker may hand to executors. A driver takes one of each, so that several find room.
        worker_memory_mb: memory a worker may hand to executors.
        executor_memory_mb: heap of each executor; what its Python process takes comes on top.
        environment: variables the executors are to have, such as ``PYTHONPATH``.

    Raises:
        PysparkMissing: the package pyspark is absent.
        JavaMissing: there is no Java that Spark runs on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        worker_cores: int = 1,
        worker_memory_mb: int = 2048,
        executor_memory_mb: int = 768,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        require_spark()
        self.folder, self.worker_count = folder.absolute(), workers
        self.worker_cores = worker_cores
        self.worker_memory_mb, self.executor_memory_mb = worker_memory_mb, executor_memory_mb
        self.master = ""
        self._driver_logs = self.folder / "log4j2.properties"
        self._executor_environment = dict(environment or {})
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> StandaloneCluster:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._driver_logs.write_text(_DRIVER_LOGS)
        try:
            arguments = ["org.apache.spark.deploy.master.Master", "--port", "0"]
            self.master = self._start("master", arguments, _MASTER_SAYS)
            for _ in range(self.worker_count):
                self.add_worker()
            self._write_defaults()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def settings(self) -> dict[str, str]:
        """Settings with which a driver on this machine uses the cluster and listens on loopback only."""
        return {
            "spark.master": self.master,
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.driver.memory": f"{self.executor_memory_mb}m",
            "spark.executor.memory": f"{self.executor_memory_mb}m",
            "spark.executor.cores": "1",
            "spark.cores.max": str(self.worker_count),
            "spark.ui.enabled": "false",
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={self._driver_logs.as_uri()}",
            **{f"spark.executorEnv.{name}": value for name, value in self._executor_environment.items()},
        }

    @property
    def driver_environment(self) -> dict[str, str]:
        """Variables with which another process on this machine becomes a driver: Spark reads its settings from here."""
        return {"SPARK_CONF_DIR": str(self.folder / "conf"), "SPARK_LOCAL_IP": LOOPBACK}

    @property
    def process_groups(self) -> list[int]:
        """The process group of the master and of each worker, its executors included, in the order of their start."""
        return [process.pid for process in self._running]

    def add_worker(self) -> None:
        """Start one more worker."""
        part = f"worker-{len(self._running)}"
        limits = ["--cores", str(self.worker_cores), "--memory", f"{self.worker_memory_mb}m"]
        place = ["--work-dir", str(self.folder / part)]
        arguments = ["org.apache.spark.deploy.worker.Worker", "--port", "0", *limits, *place, self.master]
        self._start(part, arguments, _WORKER_SAYS)

    def kill_worker(self, number: int) -> None:
        """Kill a worker, counted from 0, and its executors, as a power cut would."""
        os.killpg(self.process_groups[1 + number], signal.SIGKILL)

    def close(self) -> None:
        """Stop every process; also those that do not listen."""
        for process in reversed(self._running):
            with contextlib.suppress(BrokenPipeError):
                assert process.stdin is not None
                process.stdin.close()
        for process in reversed(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _start(self, part: str, arguments: Sequence[str], says: re.Pattern[str]) -> str:
        """Start a part in a process group of its own and return what it says when it is ready."""
        log = self.folder / f"{part}.log"
        command = [str(spark_home() / "bin" / "spark-class"), arguments[0], "--host", LOOPBACK, "--webui-port", "0"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", _UNTIL_WE_END, part, *command, *arguments[1:]],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment(),
            )
        self._running.append(process)
        give_up_at = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < give_up_at:
            said = log.read_text(errors="replace")
            if found := says.search(said):
                return found[1]
            if process.poll() is not None or "Exception" in said:
                break
            time.sleep(0.1)
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise ClusterNotStarted(part, said=last[-1] if last else "?", log=log)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
        return inherited | {
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_CONF_DIR": str(self.folder / "daemon-conf"),
        }

    def _write_defaults(self) -> None:
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        lines = [f"{name} {value}\n" for name, value in self.settings.items()]
        (conf / "spark-defaults.conf").write_text("".join(lines))


def spark_home() -> Path:
    """Return the folder of the pip package, which is a whole Spark."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def tree_cpu_seconds(root: int) -> float:
    """Return the user and system time of a process, of all below it now, and of all it has buried.

    NaN where the system does not tell (it is read from ``/proc``).
    """
    if not Path("/proc/self/stat").exists():
        return math.nan
    ticks: dict[int, int] = {}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we were looking
        parents[int(entry.name)] = int(fields[1])
        ticks[int(entry.name)] = sum(int(value) for value in fields[11:15])
    inside = {root}
    while more := {pid for pid, parent in parents.items() if parent in inside} - inside:
        inside |= more
    return sum(ticks.get(pid, 0) for pid in inside) / os.sysconf("SC_CLK_TCK")
