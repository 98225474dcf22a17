"""Secrets, which stand in no manifest and no setting: only where they are found does."""

from collections.abc import Callable, Mapping

from reconciler.model.errors import Permanent

Reveal = Callable[[Mapping[str, str]], str]
"""What `{env: NAME}` or `{file: PATH}` stands for, where this process runs. Permanent where it is not there."""


def revealer(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Reveal:
    """Secrets from an environment, or from files of this machine."""

    def reveal(written: Mapping[str, str]) -> str:
        if "env" in written:
            found = environment.get(written["env"])
            if not found:
                raise Permanent(f"the environment has no {written['env']}")
            return found
        try:
            return read(written["file"]).decode().strip()
        except (OSError, ValueError):
            raise Permanent(f"{written['file']} cannot be read") from None

    return reveal
