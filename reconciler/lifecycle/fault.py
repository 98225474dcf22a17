"""One thing wrong with a definition: a value, shown later with file, line and column."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` says what sort it is, `pointer` what it is about, in `kind.yaml` or in `schema.json`; `help` the way out."""

    code: str
    pointer: str
    message: str
    help: str = ""
