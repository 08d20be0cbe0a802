"""The files a company copies to its server: units systemd reads, settings the product knows, proxies that pass on."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.commands import GROUPS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/lamplighter/.venv/bin/lamplighter"
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "User": "lamplighter",
}

# Starts the desk where only what stands in a lock can be imported: the tests' own environment has more than a server.
START_WITH = """
import re, sys
from importlib import metadata
from pathlib import Path
named = set(re.findall(r"^([a-z0-9.-]+)==", Path(sys.argv[1]).read_text(), re.MULTILINE)) | {"lamplighter"}
plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
owners = metadata.packages_distributions()
missing = {module for module, by in owners.items() if not {plain(name) for name in by} & named}
class OnlyLocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"{name} is in no line of the lock", name=name)
sys.meta_path.insert(0, OnlyLocked())
from lamplighter.doors.cli import main
sys.argv = ["lamplighter", "web", "prepare"]
main()
"""


class Keeping(dict):
    """systemd allows a line several times: all of them are kept."""

    def __setitem__(self, name, value):
        if isinstance(value, list) and name in self:
            self[name].extend(value)
        else:
            super().__setitem__(name, value)


def read_unit(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, dict_type=Keeping, interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return parser


class TestUnits:
    @pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
    def test_hold_a_service_to_what_it_needs(self, unit):
        service = read_unit(unit)["Service"]

        assert {name: service.get(name) for name in HARDENED} == HARDENED

    @pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
    def test_run_commands_there_are(self, unit):
        ran = re.findall(rf"{re.escape(PROGRAM)} (\S+)", unit.read_text())

        assert ran
        assert set(ran) <= set(GROUPS)

    def test_are_started_by_a_timer_or_at_boot(self):
        for unit in UNITS:
            timer = unit.with_suffix(".timer")
            assert timer.exists() or "WantedBy=multi-user.target" in unit.read_text()
            assert not timer.exists() or "Persistent=yes" in timer.read_text()

    def test_keep_a_fortnight_of_days_and_every_backup_with_a_name_of_its_own(self, tmp_path):
        line = read_unit(DEPLOY / "systemd/lamplighter-backup.service")["Service"]["ExecStartPost"]
        names = ("2026-11-01", "2026-11-25", "before-upgrade", "by-hand")
        for name in names:
            (tmp_path / name).mkdir()
            (tmp_path / name / "backup.json").touch()
        for old in ("2026-11-01", "before-upgrade", "by-hand"):
            os.utime(tmp_path / old, (0, 0))

        subprocess.run(shlex.split(line.replace("/var/backups/lamplighter", str(tmp_path))), check=True)

        assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-25", "before-upgrade", "by-hand"]

    def test_back_up_once_a_day_and_begin_anew_where_half_of_one_lies(self, tmp_path):
        service = read_unit(DEPLOY / "systemd/lamplighter-backup.service")["Service"]
        half = tmp_path / subprocess.run(["date", "+%F"], capture_output=True, text=True, check=True).stdout.strip()

        def run(name: str) -> int:
            line = service[name].replace("/var/backups/lamplighter", str(tmp_path))
            return subprocess.run(shlex.split(line.replace("$$", "$").replace("%%", "%")), check=False).returncode

        (half / "home").mkdir(parents=True)
        assert (run("ExecCondition"), run("ExecStartPre"), half.exists()) == (0, 0, False)
        half.mkdir()
        (half / "backup.json").touch()
        # systemd leaves a service alone, and calls it no failure, where its condition ends with 1.
        assert run("ExecCondition") == 1

    def test_are_read_by_systemd_itself_without_a_complaint(self, tmp_path):
        analyse = shutil.which("systemd-analyze")
        if analyse is None:
            pytest.skip("no systemd on this machine")
        program = tmp_path / "lamplighter"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        for path in (DEPLOY / "systemd").iterdir():
            (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, str(program)))
        units = sorted(str(path) for path in tmp_path.iterdir() if path.suffix in (".service", ".timer"))
        said = subprocess.run([analyse, "verify", "--man=no", *units], capture_output=True, text=True, check=False)

        ours = [line for line in said.stderr.splitlines() if "lamplighter" in line]
        assert [line for line in ours if "postgresql.service" not in line] == []


class TestSettings:
    def test_are_known_and_read(self):
        lines = [line for line in (DEPLOY / "lamplighter.env").read_text().splitlines() if line and line[0] != "#"]
        settings = read_settings(dict(shlex.split(line)[0].split("=", 1) for line in lines))

        assert settings.desk.address.startswith("https://")
        assert settings.desk.audit_folder is not None
        assert settings.home.path not in settings.desk.audit_folder.parents


class TestTheProgram:
    def test_starts_with_what_the_lock_of_a_server_holds(self, tmp_path):
        own = {"LAMPLIGHTER_HOME": str(tmp_path / "home"), "LAMPLIGHTER_LANG": "en"}
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))}
        done = subprocess.run(
            [sys.executable, "-c", START_WITH, str(ROOT / "app.lock")],
            env=bare | own,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert "The desk is ready" in done.stdout

    def test_finds_the_libraries_the_page_has_installed(self):
        page = (ROOT / "docs/how-to/run-in-production.md").read_text()
        installed = re.findall(r"^apt-get install (.*?)(?:\s+#.*)?$", page, re.MULTILINE)[0].split()

        # LightGBM's wheel brings no OpenMP, and a bare Debian has none of the others.
        assert {"git", "sudo", "libgomp1", "postgresql-client", "python3.11-venv"} <= set(installed)


class TestProxies:
    def test_of_nginx_names_the_client_itself_and_is_well_formed(self, tmp_path):
        site = (DEPLOY / "nginx/lamplighter.conf").read_text()
        passed_on = (DEPLOY / "nginx/lamplighter-proxy.conf").read_text()

        # Added to instead of set, a client could claim any address for itself.
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in passed_on
        assert "proxy_set_header X-Forwarded-Proto https;" in passed_on
        for content in (site, passed_on):
            bare = re.sub(r"#.*", "", content)
            assert bare.count("{") == bare.count("}")
            assert all(line.rstrip().endswith((";", "{", "}")) for line in bare.splitlines() if line.strip())

    def test_of_nginx_passes_its_own_check(self, tmp_path):
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if nginx is None:
            pytest.skip("no nginx on this machine")
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        made = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=desk.example.cn",
        ]
        subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        site = (DEPLOY / "nginx/lamplighter.conf").read_text()
        site = site.replace("/etc/ssl/lamplighter/fullchain.pem", str(certificate))
        site = site.replace("/etc/ssl/lamplighter/privkey.pem", str(key))
        site = site.replace("/etc/nginx/lamplighter-proxy.conf", str(DEPLOY / "nginx/lamplighter-proxy.conf"))
        whole = tmp_path / "nginx.conf"
        whole.write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{site}\n}}\n")

        said = subprocess.run([nginx, "-t", "-c", whole], capture_output=True, text=True, check=False)

        assert said.returncode == 0, said.stderr

    def test_of_caddy_passes_its_own_check(self):
        caddy = shutil.which("caddy")
        if caddy is None:
            pytest.skip("no Caddy on this machine")
        file = DEPLOY / "caddy/Caddyfile"
        said = subprocess.run([caddy, "adapt", "--config", file], capture_output=True, text=True, check=False)

        assert said.returncode == 0, said.stderr
