"""The ids of the requirements that a line of a definition, or a refusal, carries."""

from typing import TypeAlias

Requirement: TypeAlias = tuple[str, ...]
"""Ids such as `L-25`; the first is the one that the line is about."""
