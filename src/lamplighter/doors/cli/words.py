"""The few words Typer says itself ("Usage", "Options"), in the language of the reader.

Typer asks ``gettext.gettext`` for them and binds it when it is imported, so this module stands before it.
"""

import gettext

from lamplighter.base.messages import catalogue, language

PATH = "cli.typer."


def translate(message: str) -> str:
    """Return Typer's English words in the language spoken; unchanged where the catalogue does not have them.

    Example:
        >>> from lamplighter.base.messages import speaking
        >>> with speaking("zh"):
        ...     translate("Options"), translate("words of a later Typer")
        ('选项', 'words of a later Typer')
    """
    spoken = language()
    if spoken == "en":
        return message
    english = catalogue("en")
    for message_id, translated in catalogue(spoken).items():
        if message_id.startswith(PATH) and english[message_id] == message:
            return translated
    return message


def install() -> None:
    """Let Typer ask us. Must run before the first import of Typer."""
    gettext.gettext = translate
