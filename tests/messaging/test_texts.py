"""Texts that are taken along, and the keys of messages."""

from reconciler.kinds.messaging.outreach import key_of


def test_keys_tell_messages_apart() -> None:
    keys = [key_of("a", 1), key_of("a1"), key_of("a", "1", ""), key_of("a", 1, "x"), key_of()]
    assert len(set(keys)) == len(keys)
    assert key_of("a", 1) == key_of("a", "1")
    assert all(key.isalnum() and len(key) == 40 for key in keys)
