import json
from pathlib import Path

import pytest

from lamplighter.base.settings import Home
from lamplighter.business.service_desk.understanding import model
from lamplighter.doors.cli import web


class TestPrepare:
    def test_teaches_what_understands_customers_so_that_the_first_does_not_wait(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
        prepared: list[Home] = []
        taught: list[Path] = []
        monkeypatch.setattr(web.starting, "prepare_desk", prepared.append)
        monkeypatch.setattr(model, "open_classifier", taught.append)

        web.prepare(as_json=True)

        assert [home.path for home in prepared] == [tmp_path]
        assert taught == [tmp_path / "models"]
        assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path / "desk")}
