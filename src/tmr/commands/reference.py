"""`python -m tmr.commands.reference` prints docs/cli.md: what the help of every command says."""

import click

HEAD = """# The command line

Made by `python -m tmr.commands.reference > docs/cli.md`; a test keeps it true.
"""


def reference() -> str:
    """Return the page."""
    from tmr.cli import tmr

    context = click.Context(tmr, info_name="tmr", **tmr.context_settings)
    return "\n".join([HEAD, *_sections("tmr", tmr, context)])


def _sections(title: str, command: click.Command, context: click.Context) -> list[str]:
    parts = [_section(title, command, context)]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.commands[name]
            parts += _sections(f"{title} {name}", inner, click.Context(inner, info_name=name, parent=context))
    return parts


def _section(title: str, command: click.Command, context: click.Context) -> str:
    # A fixed width: what the page says must not depend on the terminal it was made in.
    context.terminal_width = context.max_content_width = 100
    return f"## {title}\n\n```text\n{command.get_help(context).strip()}\n```\n"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
