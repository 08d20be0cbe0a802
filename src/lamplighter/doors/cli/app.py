"""Typer as this house uses it: help in the reader's language, and no pretty stacks with data in them."""

from collections.abc import Callable
from typing import Any

import typer
from rich.text import Text
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from lamplighter.base.messages import text

# Typer 0.26 and later carry Click inside; earlier ones import it. The context is only handed through.
Context = Any


_make_rich_text = rich_utils._make_rich_text


def _make_folding_text(**arguments: Any) -> Any:
    """Break a line of Chinese, which has no spaces, where the column ends; Rich would cut it off there."""
    made = _make_rich_text(**arguments)
    if isinstance(made, Text):
        made.overflow = "fold"
    return made


# Typer offers no setting for it; a test holds us to help that is shown whole.
rich_utils._make_rich_text = _make_folding_text


class _InOurWords:
    """The two words that Typer does not ask gettext for."""

    def get_help_option(self, ctx: Context) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # a mix-in: the class beside it has this method
        if option is not None:
            option.help = text("cli.option.help")
        return option

    def get_usage(self, ctx: Context) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]  # a mix-in: the class beside it has this method
        return usage.replace("Usage: ", text("cli.usage"), 1)


class Command(_InOurWords, TyperCommand):
    """One verb."""


class Group(_InOurWords, TyperGroup):
    """The verbs of one domain or journey."""


class App(typer.Typer):
    """The commands of one module of this folder.

    Args:
        name: of the group, as in :data:`lamplighter.doors.cli.commands.GROUPS`; its help is ``cli.group.<name>``.

    Example:
        >>> app = App("metering")
        >>> @app.command("inspect", help="Read a sample of a file.")
        ... def inspect(file: str) -> None: ...
    """

    def __init__(self, name: str, *, cls: type[Group] = Group, **settings: Any) -> None:
        super().__init__(
            name=name,
            cls=cls,
            help=text(f"cli.group.{name}"),
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            **settings,
        )
        # With a callback one verb stays a verb: Typer would otherwise make it the whole group.
        self.callback()(_no_options)

    def command(  # type: ignore[override]  # the rest of Typer's settings is handed through unseen
        self, name: str | None = None, *, cls: type[TyperCommand] | None = None, **settings: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return super().command(name, cls=cls or Command, **settings)


def _no_options() -> None:
    """A group takes no options of its own."""
