"""``lamplighter inspection verify-evidence`` on a desk of its own, as whoever runs the machine calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

START = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"
ROOT = Path(__file__).resolve().parents[3]
SEND = """
from django.conf import settings
settings.ALLOWED_HOSTS.append("testserver")
from django.test import Client
from tests.doors.web.field_company import Telephone, make_crew_with_visits
from lamplighter.base.security.models import Staff
client = Client()
client.force_login(make_crew_with_visits(1), backend=settings.AUTHENTICATION_BACKENDS[0])
[visit] = client.post("/field/day/").json()["visits"]
second = str(Staff.objects.get(username="zhao").pk)
assert Telephone(client, visit["visit_id"], second=second).send_all()["has_moved"]
"""


class TestVerifyEvidence:
    def run(self, home: Path, *command: str, python: str = "") -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
        environment |= {"LAMPLIGHTER_HOME": str(home), "LAMPLIGHTER_LANG": "en"}
        environment |= {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
        environment["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
        code = f"import django; django.setup()\n{python}" if python else START
        return subprocess.run(
            [sys.executable, "-c", code, *command], env=environment, capture_output=True, text=True, check=False
        )

    def test_says_that_all_is_as_it_arrived_and_fails_where_it_is_not(self, home: Path, desk: Path) -> None:
        assert "Nothing has come" in self.run(home, "inspection", "verify-evidence").stdout
        sent = self.run(home, python=SEND)
        assert sent.returncode == 0, sent.stderr

        whole = self.run(home, "inspection", "verify-evidence", "--json")

        [verdict] = json.loads(whole.stdout)
        assert (verdict["state"]["links"], verdict["state"]["files"], verdict["state"]["fault"]) == (5, 5, None)

        file = next(path for path in (home / "desk" / "cases").rglob("*") if len(path.name) == 64)
        file.chmod(0o600)
        file.write_bytes(b"another")
        broken = self.run(home, "inspection", "verify-evidence")
        assert broken.returncode == 1
        assert "is not the one that arrived" in broken.stdout
        assert "Evidence of 1 cases is not as it arrived" in broken.stderr
