"""The group of commands, and how each one says that something is wrong: one sentence, and a status."""

import importlib

import click

from wireroom import __version__

_COMMANDS = ("serve", "demo", "send", "keys", "backup", "restore", "forget", "migrate", "doctor")


class _Commands(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"wireroom.cli.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wireroom")
def main() -> None:
    """AWS End User Messaging (pinpoint-sms-voice-v2) on your own machine."""
