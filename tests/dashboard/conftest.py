"""What the tests of the dashboard may ask for."""

import pytest

from tests.dashboard.staging import Staged, staged


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_SERVER_SECRET", "nobody guesses what this says")


@pytest.fixture(scope="session")
def staged_project(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """The project in which everything happens, built once; whoever changes it takes a copy."""
    return staged(tmp_path_factory.mktemp("stage") / "project")
