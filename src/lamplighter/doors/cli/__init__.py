"""The command line: ``lamplighter <domain or journey> <verb>``.

One module per domain or journey, each with its ``app``, listed in :data:`lamplighter.doors.cli.commands.GROUPS`. A
command translates its words into one call of an operation or a query, shows what came back, and decides nothing. Every
command that answers takes ``--json``. Exit codes are :class:`lamplighter.doors.cli.output.ExitCode`.
"""

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from lamplighter.base.messages import LanguageUnknown, language
    from lamplighter.doors.cli import words

    try:
        language()
    except LanguageUnknown as failure:
        # Nothing can be said in a language that is not ours, so this stands before all else.
        sys.exit(str(failure))
    words.install()
    # Only now: Typer binds its words when it is first imported.
    from lamplighter.doors.cli.commands import run

    sys.exit(run(sys.argv[1:]))
