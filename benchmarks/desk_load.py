"""The desk under load: a million customers and 200,000 cases on PostgreSQL, and fifty people at once.

    python -m benchmarks.desk_load [--customers 1000000] [--cases 200000] [--users 50] [--seconds 60] [--keep FOLDER]

CPU of a page is that of the desk's process and of its database connection together, request by request; the people are
real sessions against the desk's own server over HTTP. The company is made by `benchmarks.desk_company`; filling it
takes half an hour, so `--keep` leaves it in a folder, where the next run finds it, brings its tables to the newest
form and only measures (`--fill` fills and measures nothing).
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import json
import os
import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.postgres import address_of, new_folder, run_postgres

from benchmarks.measuring import publish

SERVER = {
    "shared_buffers": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "max_parallel_workers_per_gather": "0",
}
"""Parallel readers are off, so that the CPU of a request is all on its own connection."""
SERVE = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"


@dataclass(frozen=True)
class Watched:
    """A kind of page: who opens which addresses, and what its CPU may be, ms at the 95th percentile."""

    name: str
    who: str
    addresses: Sequence[str]
    limit_ms: float


@dataclass(frozen=True)
class Cost:
    """What one request cost: CPU of the desk and of its connection, ms; queries; bytes of the page."""

    desk_ms: float
    database_ms: float
    queries: int
    size: int


def pages(customers: int, cases: Sequence[int]) -> list[Watched]:
    """Return what is measured: for the province, which sees every row, and for a county."""
    lists = {
        "suspicions": (
            "",
            "?sort=-yuan",
            "?sort=-kwh",
            "?colour=orange",
            "?state=open&colour=red",
            "?station=S0003",
            "?page=60",
        ),
        "cases": (
            "",
            "?status=running",
            "?deadline=overdue",
            "?sort=area",
            "?sort=-opened&status=finished",
            "?page=60",
        ),
        "areas": ("", "?sort=-loss", "?page=30"),
    }
    words = [f"?q=东湖{area:05d}" for area in range(0, customers // 100, max(1, customers // 2000))]
    found = []
    for who, unit in (("wu", "province"), ("li", "county")):
        for name, asked in lists.items():
            found.append(Watched(f"list of {name}, {unit}", who, [f"/{name}/{each}" for each in asked], 40.0))
        found.append(Watched(f"cases searched, {unit}", who, [f"/cases/{each}" for each in words], 40.0))
    found.append(Watched("case page, province", "wu", [f"/cases/{number}/" for number in cases], 60.0))
    found.append(Watched("dashboard, province", "wu", ["/tonight/"], 80.0))
    found.append(Watched("dashboard, county", "li", ["/tonight/"], 80.0))
    return found


def cost_of(watched: Watched, client: Any, *, rounds: int) -> list[Cost]:
    """Open the addresses one after the other, so many times, and return what each request cost."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    found = []
    for place in range(rounds + len(watched.addresses)):
        address = watched.addresses[place % len(watched.addresses)]
        before, database = time.process_time_ns(), int(backend.read_text().split()[0])
        answer = client.get(address)
        after = time.process_time_ns()
        spent = int(backend.read_text().split()[0]) - database
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        if place >= len(watched.addresses):  # each was opened once to warm up
            found.append(Cost((after - before) / 1e6, spent / 1e6, 0, len(answer.content)))
    with CaptureQueriesContext(connection) as captured:
        client.get(watched.addresses[0])
    return [Cost(each.desk_ms, each.database_ms, len(captured), each.size) for each in found]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lie.

    Example:
        >>> percentile([1, 2, 3, 4, 5], 0.95)
        5
    """
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row_of(watched: Watched, costs: Sequence[Cost]) -> dict[str, Any]:
    """Return the line of the table."""
    whole = [each.desk_ms + each.database_ms for each in costs]
    p95 = percentile(whole, 0.95)
    return {
        "page": watched.name,
        "CPU p50, ms": round(statistics.median(whole), 1),
        "CPU p95, ms": round(p95, 1),
        "of it database p95, ms": round(percentile([each.database_ms for each in costs], 0.95), 1),
        "queries": costs[0].queries,
        "limit, ms": watched.limit_ms,
        "met": "yes" if p95 <= watched.limit_ms else "no",
    }


def measure_pages(customers: int, staff: dict[str, Any], *, rounds: int) -> list[dict[str, Any]]:
    """Measure every kind of page in this process, without a server in between."""
    from django.test import Client

    from benchmarks.desk_company import LOGIN
    from lamplighter.business.inspection.models import Case

    numbers = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    clients = {}
    for name in ("wu", "li"):
        clients[name] = Client(HTTP_HOST="127.0.0.1")
        clients[name].force_login(staff[name], backend=LOGIN)
    rows = []
    for watched in pages(customers, random.Random(5).sample(numbers, 100)):
        rows.append(row_of(watched, cost_of(watched, clients[watched.who], rounds=rounds)))
        print(rows[-1], flush=True)
    return rows


@contextlib.contextmanager
def served(home: Path) -> Iterator[int]:
    """Serve the desk by its own command; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "LAMPLIGHTER_PORT": str(port)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with (home / "serve.log").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, "web", "serve"], env=environment, stdout=said, stderr=said
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.2)
            yield port
        finally:
            server.terminate()
            server.wait(60)


class Person(threading.Thread):
    """Somebody who opens pages one after the other with a session of his own until the time is up."""

    def __init__(
        self, port: int, cookie: str, addresses: Sequence[str], *, until: float, pause: float, seed: int
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.addresses, self.until, self.pause = port, cookie, addresses, until, pause
        self.random = random.Random(seed)
        self.seconds: list[float] = []
        self.errors: Counter[str] = Counter()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.monotonic() < self.until:
            began = time.monotonic()
            try:
                connection.request("GET", self.random.choice(self.addresses), headers={"Cookie": self.cookie})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.errors[str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as failure:
                self.errors[type(failure).__name__] += 1
                connection.close()
            self.seconds.append(time.monotonic() - began)
            if self.pause:
                time.sleep(self.random.expovariate(1 / self.pause))


def crowd(
    port: int, cookies: Sequence[str], addresses: Sequence[str], *, seconds: float, pause: float
) -> dict[str, Any]:
    """Let people open pages at the same time, and return what came of it."""
    until = time.monotonic() + seconds
    people = [
        Person(port, cookie, addresses, until=until, pause=pause, seed=seed) for seed, cookie in enumerate(cookies)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    waits = [each for person in people for each in person.seconds]
    errors = sum((person.errors for person in people), Counter[str]())
    return {
        "people": len(people),
        "pause, s": pause,
        "requests": len(waits),
        "a second": round(len(waits) / seconds, 1),
        "wait p50, s": round(statistics.median(waits), 2),
        "wait p95, s": round(percentile(waits, 0.95), 2),
        "errors": json.dumps(errors) if errors else 0,
    }


def weigh(port: int, cookie: str, address: str) -> dict[str, Any]:
    """Return what a browser loads for a page the first time and again, KB over the wire."""

    def fetch(path: str) -> tuple[bytes, int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        size = len(body)
        return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body), size

    page, size = fetch(address)
    parts = sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.decode())))
    styles = [fetch(part)[0].decode() for part in parts if part.endswith(".css")]
    fonts = {f"/static/{match}" for style in styles for match in re.findall(r"url\([\"']?/static/([^)\"']+)", style)}
    static = sum(fetch(part)[1] for part in [*parts, *fonts])
    return {"page": address, "first, KB": round((size + static) / 1000, 1), "after, KB": round(size / 1000, 1)}


def run(arguments: argparse.Namespace) -> None:
    """Make the company, measure, publish."""
    from lamplighter.base.settings import Home
    from lamplighter.doors.web import starting

    home = Home(Path(os.environ["LAMPLIGHTER_HOME"]))
    starting.prepare_desk(home)
    starting.collect_static()
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client

    from benchmarks.desk_company import LOGIN, Size, fill_desk
    from lamplighter.base.security.models import Staff
    from lamplighter.business.inspection.models import Case

    size = Size(arguments.customers, arguments.cases)
    kept = home.path / "filled.json"
    if not kept.exists():
        began = time.monotonic()
        fill_desk(size, say=lambda what: print(f"{time.monotonic() - began:7.0f} s  {what}", flush=True))
        kept.write_text(json.dumps({"customers": size.customers, "cases": size.cases, "s": time.monotonic() - began}))
    made = json.loads(kept.read_text())
    if (made["customers"], made["cases"]) != (size.customers, size.cases):
        raise RuntimeError(f"what was kept is of {made['customers']:,} customers and {made['cases']:,} cases")
    filled = float(made["s"])
    if arguments.fill:
        return
    staff = {name: Staff.objects.get(username=name) for name in ("wu", "li")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        gigabytes = cursor.fetchone()[0] / 1e9
    rows = measure_pages(size.customers, staff, rounds=arguments.rounds)
    cookies = []
    for number in range(arguments.users):
        unit = ("P", "C00", "N000", "S0003")[number % 4]
        person, _ = Staff.objects.get_or_create(username=f"user{number}", defaults={"unit_id": unit})
        person.groups.add(Group.objects.get(name="inspection_leader"))
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(person, backend=LOGIN)
        cookies.append(client.cookies.output(attrs=[], header="", sep=";").strip())
    one = Case.objects.order_by("pk").values_list("pk", flat=True)[0]
    connection.close()
    addresses = ["/tonight/", "/suspicions/", "/suspicions/?sort=-yuan", "/cases/", "/cases/?status=running", "/areas/"]
    with served(home.path) as port:
        crowds = [crowd(port, cookies, addresses, seconds=arguments.seconds, pause=pause) for pause in (0.0, 5.0)]
        weights = [weigh(port, cookies[0], each) for each in ("/tonight/", "/suspicions/", f"/cases/{one}/")]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    publish_all(arguments, rows, crowds, weights, filled=filled, gigabytes=gigabytes, peak_gb=peak / 1e6)


def publish_all(
    arguments: argparse.Namespace,
    rows: list[dict[str, Any]],
    crowds: list[dict[str, Any]],
    weights: list[dict[str, Any]],
    *,
    filled: float,
    gigabytes: float,
    peak_gb: float,
) -> None:
    """Write the results."""
    notes = [
        *(_say_crowd(each) for each in crowds),
        *(
            f"Weight of `{_plain(each['page'])}`: first {each['first, KB']} KB, after that {each['after, KB']} KB."
            for each in weights
        ),
        f"{arguments.customers:,} customers, {arguments.cases:,} cases, {gigabytes:.1f} GB of database, filled in "
        f"{filled:.0f} s; the server's processes took {peak_gb:.2f} GB at most.",
    ]
    publish("desk_load", rows=rows, notes=[*notes, *NOTES])


def _say_crowd(each: dict[str, Any]) -> str:
    return (
        f"{each['people']} people at once, {each['pause, s']:.0f} s on average between two pages: "
        f"{each['requests']} pages, {each['a second']} a second, wait p50 {each['wait p50, s']} s, "
        f"p95 {each['wait p95, s']} s, errors: {each['errors']}."
    )


def _plain(address: str) -> str:
    return re.sub(r"\d+", "N", address)


NOTES = (
    "Synthetic: customers, meters, areas, suspicions with their cards and the planning list are drawn and written "
    "through the desk's own bulk loaders. Six cases were worked through the pages to six depths (asked for, planned, "
    "proven, claimed, paid, clean) and copied with events, files, calculations and notices under other accounts; two "
    "thirds are closed. The trail holds what the six cases wrote, not what all of them would have.",
    "CPU of a page: the desk's process and its database connection, each by the kernel's own account, of whole "
    "requests through all of Django, without the server in front (granian adds under 1 ms). p95 is over requests of "
    "several addresses each: sorted, filtered, the 60th page.",
    "The people share the two cores with their own load generator, the database and the server.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=120, help="requests of each kind of page")
    parser.add_argument("--keep", type=Path, help="folder the filled company stays in; its path has to be short")
    parser.add_argument("--fill", action="store_true", help="fill the folder of --keep, and measure another time")
    arguments = parser.parse_args()
    if arguments.keep:
        home, folder = arguments.keep.resolve() / "home", arguments.keep.resolve() / "pg"
        home.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
    else:
        home, folder = Path(tempfile.mkdtemp(prefix="lamplighter-load-")), new_folder()
    os.environ |= {"LAMPLIGHTER_HOME": str(home), "LAMPLIGHTER_DATABASE": address_of(folder), "LAMPLIGHTER_LANG": "zh"}
    try:
        with run_postgres(folder, settings=SERVER, is_kept=bool(arguments.keep)):
            run(arguments)
    finally:
        if not arguments.keep:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
