"""Where a store is, and what of that may be shown."""

import pytest

from reconciler.store.address import is_mistaken, secrets, shown, sqlite_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:.muster/state.db", ".muster/state.db"),
        ("sqlite:///var/state.db", "/var/state.db"),
        ("sqlite:/var/state.db", "/var/state.db"),
        ("sqlite:", ""),
        ("sqlite://", ""),
        ("sqlite:a\0b", ""),
        ("postgresql://host/state.db", ""),
        ("state.db", ""),
    ],
)
def test_a_path(url: str, path: str) -> None:
    assert sqlite_path(url) == path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://dana:secret@db.example:5432/campaigns?sslmode=require", "postgresql://dana@db.example:5432/campaigns"),
        ("postgres://dana:se%40cret@a:1,b:2/c?password=secret", "postgres://dana@a:1,b:2/c"),
        ("postgresql://[::1]:5432/c", "postgresql://[::1]:5432/c"),
        ("postgresql:///c?host=%2Ftmp%2Fx&password=secret", "postgresql://%2Ftmp%2Fx/c"),
        ("postgresql://db.example", "postgresql://db.example/"),
        ("mysql://dana:secret@h/c", "mysql:…"),
        ("sqlite:.muster/state.db", "sqlite:.muster/state.db"),
    ],
)  # fmt: skip
def test_what_is_shown(url: str, said: str) -> None:
    assert shown(url) == said
    assert not is_mistaken(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://dana:sec@ret@h/c", "postgresql://dana:sec/ret@h/c", "postgresql://dana:secret", "postgresql://h:secret/c",
        "postgresql://dana:sec/re@t@h/c", "postgresql://dana:p@h:secret/c",
    ],
)  # fmt: skip
def test_a_password_that_would_be_taken_for_something_else(url: str) -> None:
    assert is_mistaken(url)
    assert "sec" not in shown(url)


def test_secrets_in_every_form() -> None:
    url = "postgresql://dana:a%40b@h/c?sslpassword=key%20&password=x&sslmode=require"
    assert set(secrets(url)) == {"a%40b", "a@b", "key%20", "key ", "x"}
    assert secrets("postgresql://h/c") == secrets("sqlite:x?password=y") == ()
