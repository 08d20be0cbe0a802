"""The table of command groups, and the run that turns every way of ending into its exit code."""

import logging
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import typer

from lamplighter.base.disk import full_disk_told
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App, Context, Group
from lamplighter.doors.cli.house import add_house_commands
from lamplighter.doors.cli.output import ExitCode, say_failure

log = logging.getLogger(__name__)

# Name -> the module with its `app` (an `App`, or a function for a command without verbs), in the order of the help.
# A module is imported when its command runs, so that `--help` does not wait for numba. Its help is `cli.group.<name>`.
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "company": "lamplighter.doors.cli.company",
        "metering": "lamplighter.doors.cli.metering",
        "network": "lamplighter.doors.cli.network",
        "customers": "lamplighter.doors.cli.customers",
        "nightly": "lamplighter.doors.cli.nightly",
        "trusted_energy": "lamplighter.doors.cli.trusted_energy",
        "line_loss": "lamplighter.doors.cli.line_loss",
        "detection": "lamplighter.doors.cli.detection",
        "tariffs": "lamplighter.doors.cli.tariffs",
        "billing": "lamplighter.doors.cli.billing",
        "inspection": "lamplighter.doors.cli.inspection",
        "calendars": "lamplighter.doors.cli.calendars",
        "report": "lamplighter.doors.cli.report",
        "web": "lamplighter.doors.cli.web",
        "workflow": "lamplighter.doors.cli.workflow",
        "service_desk": "lamplighter.doors.cli.service_desk",
        "jobs": "lamplighter.doors.cli.jobs",
        "security": "lamplighter.doors.cli.security",
        "lake": "lamplighter.doors.cli.lake",
        "simulation": "lamplighter.doors.cli.simulation",
        "demo": "lamplighter.doors.cli.demo",
        "spark-demo": "lamplighter.doors.cli.spark_demo",
    }
)


class CommandTable(Group):
    """The root: knows each group by name and loads the one that is called."""

    def list_commands(self, ctx: Context) -> list[str]:
        return [*GROUPS, *super().list_commands(ctx)]

    def get_command(self, ctx: Context, cmd_name: str) -> Any:
        # Asked for the list of commands, where the name and its help are enough.
        if cmd_name in GROUPS:
            return Group(name=cmd_name, help=text(f"cli.group.{cmd_name}"))
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args and args[0] in GROUPS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


def load(group: str) -> Any:
    """Return the command object of a group, importing its module."""
    app = import_module(GROUPS[group]).app
    if isinstance(app, typer.Typer):
        return typer.main.get_command(app)
    single = App(group)
    single.command(group, help=text(f"cli.group.{group}"))(app)
    return typer.main.get_command(single).commands[group]  # type: ignore[attr-defined]  # an App is always a group


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: the words after ``lamplighter``.

    Example:
        >>> run(["no-such-command"])
        2
    """
    as_json = "--json" in arguments
    try:
        read_settings()
        root = App("lamplighter", cls=CommandTable)
        add_house_commands(root)
        with full_disk_told():
            typer.main.get_command(root).main(args=list(arguments), prog_name="lamplighter")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if code == ExitCode.INTERRUPTED:
            say_failure(kind="Interrupted", sentence=text("cli.interrupted"), as_json=as_json)
        return code
    except KeyboardInterrupt:
        say_failure(kind="Interrupted", sentence=text("cli.interrupted"), as_json=as_json)
        return ExitCode.INTERRUPTED
    except LamplighterError as failure:
        say_failure(kind=type(failure).__name__, sentence=str(failure), as_json=as_json)
        return ExitCode.FAILED
    except Exception:
        # Logged with its stack; the process still ends with a code of its own, so that a scheduler sees a defect.
        log.exception("cli.defect")
        say_failure(kind="Defect", sentence=text("cli.defect"), as_json=as_json)
        return ExitCode.DEFECT
    return ExitCode.OK
