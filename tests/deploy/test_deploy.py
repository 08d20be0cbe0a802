"""The files a company copies to its server: units systemd reads, settings the product knows, proxies that pass on."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.commands import GROUPS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
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
