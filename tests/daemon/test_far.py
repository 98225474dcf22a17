"""`muster watch --git` over ssh and https: pushes are applied, strangers are not believed, no credential is ever said."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.source import git_remote
from reconciler.source.git_remote import Remote as Followed
from reconciler.source.git_remote import Unreachable, shown
from tests.certificates import Authority
from tests.daemon.far import Shell, Web, new_key, silence, ssh_server, web_server
from tests.daemons import Remote, Running, campaign, daemon, until
from tests.world import World

SOON = ("--interval", "1s", "--retry", "1s")
PASSWORD = "canary-5b1e-password"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with ssh_server(tmp_path / "ssh") as shell:
        yield shell


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.at(tmp_path / "authority")


@pytest.fixture
def web(remote: Remote, authority: Authority) -> Iterator[Web]:
    with web_server(remote.path.parent, authority, PASSWORD) as web:
        yield web


@pytest.fixture
def trusting(tmp_path: Path, authority: Authority) -> dict[str, str]:
    """The environment of an operator who trusts the authority, and keeps the password with git's own helper."""
    settings = tmp_path / "gitconfig"
    helper = f'"!f() {{ echo username=git; echo password=$(cat {tmp_path}/password); }}; f"'
    settings.write_text(f"[credential]\n\thelper = {helper}\n")
    (tmp_path / "password").write_text(PASSWORD)
    return {"GIT_SSL_CAINFO": str(authority.root), "GIT_CONFIG_GLOBAL": str(settings), "HOME": str(tmp_path)}


def moves_on(running: Running, remote: Remote) -> None:
    """It has applied what is there, and applies what is pushed."""
    running.says("applied", ref="LeadCampaign/one@1")
    clone = remote.clone("second")
    clone.write("campaigns.d/one.yaml", campaign("one", "test"))
    pushed = clone.push("one to test")
    running.says("applied", ref="LeadCampaign/one@1", to="test", commit=pushed[:12])


def kept(home: World) -> bytes:
    """Everything that the daemon has written to its directory."""
    return b"".join(file.read_bytes() for file in (home.root / ".muster").rglob("*") if file.is_file())


def why(running: Running) -> str:
    """Why a pass failed, as it is said."""
    error: str = running.says("the pass failed", reason="Unreachable")["error"]
    return error


# ssh.


def test_what_is_pushed_is_applied_over_ssh(shell: Shell, remote: Remote, home: World) -> None:
    with daemon(home.root, "--git", shell.url(remote.path), *SOON, environment=shell.environment) as running:
        moves_on(running, remote)


def test_a_host_that_is_another_is_not_believed(shell: Shell, remote: Remote, home: World) -> None:
    shell.know(new_key(shell.home / "other"))
    with daemon(home.root, "--git", shell.url(remote.path), *SOON, environment=shell.environment) as running:
        assert "Host key verification failed" in why(running)
        shell.know(shell.home.joinpath("host.pub").read_text())
        running.says("applied", ref="LeadCampaign/one@1")


def test_a_key_that_opens_nothing_is_told_and_tried_again(shell: Shell, remote: Remote, home: World) -> None:
    shell.let_in(new_key(shell.home / "other"))
    with daemon(home.root, "--git", shell.url(remote.path), *SOON, environment=shell.environment) as running:
        assert "Permission denied" in why(running)
        shell.let_in(shell.home.joinpath("user.pub").read_text())
        running.says("applied", ref="LeadCampaign/one@1")
    said = "".join(running.raw)
    private = shell.home.joinpath("user").read_text().splitlines()
    assert not any(line in said for line in private)


# https.


def test_what_is_pushed_is_applied_over_https(web: Web, remote: Remote, home: World, trusting: dict[str, str]) -> None:
    with daemon(home.root, "--git", web.url("remote.git"), *SOON, environment=trusting) as running:
        moves_on(running, remote)
    assert any("git-upload-pack" in path for path in web.asked)
    assert PASSWORD not in "".join(running.raw)
    assert PASSWORD.encode() not in kept(home)


def test_a_password_in_the_address_opens_and_is_never_said(
    web: Web, remote: Remote, home: World, authority: Authority, tmp_path: Path
) -> None:
    environment = {"GIT_SSL_CAINFO": str(authority.root), "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(tmp_path)}
    url = web.url("remote.git", f"git:{PASSWORD}")
    with daemon(home.root, "--git", url, *SOON, environment=environment) as running:
        moves_on(running, remote)
        web.password = "another"
        assert "Authentication failed" in running.says("the source is not followed", reason="Unreachable")["error"]
    assert PASSWORD not in "".join(running.raw)
    assert PASSWORD.encode() not in kept(home)


def test_a_wrong_password_is_told_without_it_and_asked_of_nobody(
    web: Web, home: World, trusting: dict[str, str], tmp_path: Path
) -> None:
    wrong = f"{PASSWORD}-of-old"
    tmp_path.joinpath("password").write_text(wrong)
    with daemon(home.root, "--git", web.url("remote.git"), *SOON, environment=trusting) as running:
        assert "Authentication failed" in why(running)
        tmp_path.joinpath("password").write_text(PASSWORD)
        running.says("applied", ref="LeadCampaign/one@1")
    assert PASSWORD not in "".join(running.raw)


def test_without_credentials_nobody_is_asked(web: Web, home: World, authority: Authority, tmp_path: Path) -> None:
    environment = {"GIT_SSL_CAINFO": str(authority.root), "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(tmp_path)}
    with daemon(home.root, "--git", web.url("remote.git"), *SOON, environment=environment) as running:
        assert "could not read Username" in why(running)
        running.send(signal.SIGTERM)
        assert running.ended() == 0


@pytest.mark.parametrize("whose", ["nobody's", "another name's"])
def test_a_server_that_cannot_show_who_it_is_learns_nothing(
    whose: str, remote: Remote, home: World, authority: Authority, trusting: dict[str, str]
) -> None:
    signing = Authority.at(authority.directory / "stranger") if whose == "nobody's" else authority
    address = "127.0.0.1" if whose == "nobody's" else "git.shop.example"
    with web_server(remote.path.parent, signing, PASSWORD, address) as web:
        environment = {**trusting, "GIT_SSL_NO_VERIFY": "1"}  # not what an operator says by the way
        with daemon(home.root, "--git", web.url("remote.git"), *SOON, environment=environment) as running:
            said = why(running)
    assert "certificate" in said
    assert not web.asked
    assert not home.events()


def test_it_is_not_led_away_to_where_anybody_may_listen(web: Web, home: World, trusting: dict[str, str]) -> None:
    with silence() as port:
        web.moved_to = f"http://127.0.0.1:{port}"
        with daemon(home.root, "--git", web.url("remote.git"), *SOON, environment=trusting) as running:
            assert '"http"' in why(running)
    assert not home.events()


# Either.


def test_no_answer_is_not_waited_for_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git has started to travel ends with git: retries for a week do not leave a thousand of them."""
    monkeypatch.setattr(git_remote, "TIMEOUT", 1)
    with silence() as port:
        trace = tmp_path / "ssh.pid"
        monkeypatch.setenv("GIT_SSH_COMMAND", f"echo $$ > {trace}; exec ssh -F none -o BatchMode=yes")
        with pytest.raises(Unreachable, match="no answer within 1 second"):
            Followed.of(f"ssh://git@127.0.0.1:{port}/campaigns.git", "main", tmp_path).fetch()
        travelling = int(trace.read_text())
        until(lambda: not is_alive(travelling), "the end of ssh", 10)


def is_alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    "text",
    [
        f"https://git:{PASSWORD}@host/path", f"https://git:p@{PASSWORD}@host/path", f"https://git:p/{PASSWORD}@host/path",
        f"fatal: unable to access 'https://git:x/@/{PASSWORD}@host/': why",
    ],
)  # fmt: skip
def test_whatever_a_password_is_made_of_it_is_not_shown(text: str) -> None:
    assert PASSWORD not in shown(text)
    assert "host" in shown(text)
