"""`muster completion`."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the shell completion script")
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def command(shell: str | None) -> int:
    """Print the script that makes the shell complete muster's words; without SHELL, for the shell in $SHELL.

    \b
      eval "$(muster completion bash)"                          in ~/.bashrc
      eval "$(muster completion zsh)"                           in ~/.zshrc
      muster completion fish > ~/.config/fish/completions/muster.fish
    """
    from reconciler.commands.options import write

    write(script(shell or _present()))
    return 0


def script(shell: str) -> str:
    """The completion script of one of `SHELLS`."""
    from click.shell_completion import get_completion_class

    from reconciler.commands import muster
    from reconciler.model.errors import Usage

    kind = get_completion_class(shell)
    if kind is None:
        raise Usage(f"{shell!r} is not one of {', '.join(SHELLS)}")
    return kind(muster, {}, "muster", "_MUSTER_COMPLETE").source()


def _present() -> str:
    import os
    from pathlib import Path

    name = Path(os.environ.get("SHELL", "")).name
    return name if name in SHELLS else "bash"
