"""The base of values that exist by the hundred thousand: frozen, compared by content, built and cached at C speed."""

import msgspec


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Like a frozen dataclass with slots, at a tenth of the cost; encodes as an array. Must not form cycles."""


replace = msgspec.structs.replace
"""A copy of a record with some members changed."""
