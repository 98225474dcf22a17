"""What the tests of the dashboard may ask for."""

import pytest


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_SERVER_SECRET", "nobody guesses what this says")
