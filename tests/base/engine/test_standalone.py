import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lamplighter.base.engine.standalone import ClusterNotStarted, StandaloneCluster, tree_cpu_seconds

HOLD = """
import sys, time
from pathlib import Path
from lamplighter.base.engine.standalone import StandaloneCluster
with StandaloneCluster(Path(sys.argv[1]), workers=0) as cluster:
    print(cluster.process_groups[0], flush=True)
    time.sleep(600)
"""


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.requires("spark")
class TestStandaloneCluster:
    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
    def test_ends_with_the_process_that_started_it_however_that_ends(self, tmp_path: Path, how: signal.Signals) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path / "cluster")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert holder.stdout is not None
        group = int(holder.stdout.readline())
        assert is_alive(group)

        holder.send_signal(how)
        holder.wait()
        holder.stdout.close()

        give_up_at = time.monotonic() + 60
        while is_alive(group) and time.monotonic() < give_up_at:
            time.sleep(0.1)
        assert not is_alive(group)

    def test_says_what_a_part_said_that_did_not_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cluster = StandaloneCluster(tmp_path / "cluster")
        monkeypatch.setattr("lamplighter.base.engine.standalone.LOOPBACK", "no.such.host.invalid")

        with pytest.raises(ClusterNotStarted, match="master did not start"), cluster:
            pass

    def test_listens_on_loopback_only(self, spark_cluster: StandaloneCluster) -> None:
        assert spark_cluster.master.startswith("spark://127.0.0.1:")
        assert spark_cluster.settings["spark.driver.bindAddress"] == "127.0.0.1"
        listening = [
            line.split()[1].split(":")[0]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
            if line.split()[3] == "0A" and line.split()[9] in sockets_of(spark_cluster.process_groups)
        ]

        # 127.0.0.1 as the kernel writes it, plain or mapped into six.
        assert listening
        assert {address[-8:] for address in listening} == {"0100007F"}


def sockets_of(groups: list[int]) -> set[str]:
    """The inodes of all sockets of some process groups."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) in groups:
                links = [os.readlink(file) for file in (process / "fd").iterdir()]
                found |= {link[8:-1] for link in links if link.startswith("socket:[")}
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


class TestTreeCpuSeconds:
    def test_counts_what_children_took_that_have_ended(self) -> None:
        before = tree_cpu_seconds(os.getpid())
        subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)

        assert tree_cpu_seconds(os.getpid()) > before

    def test_is_unknown_where_the_system_does_not_tell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "exists", lambda self: False)

        assert math.isnan(tree_cpu_seconds(os.getpid()))
