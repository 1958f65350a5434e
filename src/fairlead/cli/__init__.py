"""The `fairlead` command. A command is loaded when it is called, so that each starts as fast as it can."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import click


class Commands(click.Group):
    """The commands by name. What people can do something about is said in a sentence, never as a stack trace."""

    where: ClassVar[dict[str, str]] = {
        "serve": "fairlead.cli.serve:serve",
        "db": "fairlead.cli.manage:db",
        "org": "fairlead.cli.manage:org",
        "user": "fairlead.cli.manage:user",
        "key": "fairlead.cli.keys:key",
        "async-key": "fairlead.cli.async_keys:async_key",
        "worker": "fairlead.cli.queue:worker",
        "async": "fairlead.cli.queue:queued",
        "field": "fairlead.cli.fields:field",
        "demo": "fairlead.cli.demo:demo",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names, in the order of the help."""
        return list(self.where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now; None for a name that is none."""
        place = self.where.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit code 1 and a sentence for what went wrong, 2 for wrong arguments."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error


def _sentence(error: Exception) -> str | None:
    """What to say about an error that is nobody's bug; None for all others."""
    from fairlead.db.binaries import EmbeddedError  # noqa: PLC0415  loaded only when there is an error
    from fairlead.db.pool import Conflict, DatabaseError, Lost  # noqa: PLC0415
    from fairlead.errors import ApiError  # noqa: PLC0415

    if isinstance(error, EmbeddedError | DatabaseError):
        text = str(error)
        return text[:1].upper() + text[1:].rstrip(".") + "."
    if isinstance(error, ApiError):
        return error.message
    if isinstance(error, Lost):
        return "The connection to the database broke: look whether the change is there before you repeat it."
    if isinstance(error, Conflict):
        return "Somebody else changed the same thing at the same moment: try again."
    return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fairlead")
def main() -> None:
    """A self-hosted sales CRM server that speaks the LeadSquared HTTP API.

    Every option has a twin in the environment: --database-url is FAIRLEAD_DATABASE_URL.
    """
