"""Progress: shown on a terminal for what lasts, silent elsewhere."""

import io

from rich.console import Console

from lamplighter.base.progress import SILENT
from lamplighter.doors.cli.progress import TerminalProgress, terminal_progress


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def said(console: Console) -> str:
    return console.file.getvalue()


class TestTerminalProgress:
    def test_shows_a_step_that_lasts_over_a_second_with_its_rate(self):
        console, seconds = terminal(), iter([0.0, 0.5, 1.5])

        with TerminalProgress(console=console, clock=lambda: next(seconds)).step(
            "loss", total=4, unit="areas"
        ) as advance:
            advance(1)
            advance(3)

        assert "loss" in said(console)
        assert "4/4" in said(console)
        assert "areas/s" in said(console)

    def test_stays_away_from_a_step_that_is_over_at_once(self):
        console = terminal()

        with TerminalProgress(console=console, clock=lambda: 0.0).step("loss", total=4, unit="areas") as advance:
            advance(4)

        assert said(console) == ""


class TestTerminalProgressChoice:
    def test_is_silent_in_a_pipe(self):
        assert terminal_progress(console=Console(file=io.StringIO())) is SILENT

    def test_is_silent_for_a_machine(self):
        assert terminal_progress(as_json=True, console=terminal()) is SILENT

    def test_speaks_on_a_terminal(self):
        assert isinstance(terminal_progress(console=terminal()), TerminalProgress)
