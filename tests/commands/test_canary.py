"""A secret that manifests reach by `{env: …}` or `{file: …}` never appears: not on stdout or stderr, and in no file.

Every verb is run, in each of its formats, where all is well and where it is not. A verb that is not in COMMANDS fails
the first test: say there how it is run.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.commands import VERBS
from tests.world import World

ROOT = Path(__file__).parents[2]
CANARY = "canary-5e0f-7c31"
REF = "EmailCampaign/winter-check"
LIST = "SmtpConnection/relay-ams"

Calls = tuple[tuple[str, ...], ...]


def _forms(*arguments: str, forms: tuple[str, ...] = ("text", "json")) -> Calls:
    return tuple((*arguments, "--format", form) for form in forms)


_PLANS = ("text", "json", "markdown", "github", "sarif", "junit")

COMMANDS: Mapping[str, Calls] = {
    "init": ((),),
    "new": (("SmtpConnection", "made-by-test"), ("SmtpConnection", "printed", "--stdout")),
    "validate": _forms(),
    "fmt": (("--diff",), ()),
    "plan": (*_forms(forms=_PLANS), ("--out", "saved.plan"), ("--horizon", "1y", "--only", LIST)),
    "apply": (("saved.plan",), *_forms("--yes", forms=_PLANS)),
    "test": ((str(ROOT / "tests/campaigns"),),),
    "when": _forms(REF, "running"),
    "requires": _forms(REF, "running"),
    "get": _forms(),
    "describe": (*_forms(LIST), *_forms(LIST, "--at", "2028-01-01T00:00:00Z")),
    "diff": _forms(),
    "history": (*_forms(), *_forms(LIST)),
    "blame": (*_forms(LIST), *_forms(LIST, "--field", "spec.auth")),
    "timeline": ((), (REF,)),
    "calendar": (("--ics", "-"), ("--ics", "campaigns.ics")),
    "duplicate": ((REF, "--stdout"), ("AccountContract/nobody",)),
    "new-version": (("LeadCampaign/solar-quotes", "--stdout"), (LIST,)),
    "hold": ((LIST, "--reason", "a look", "--for", "2h"), (REF, "--reason", "a look", "--for", "2h")),
    "release": ((REF,), (LIST, "--reason", "done")),
    "transition": (
        (REF, "schedule", "--reason", "now", "--for", "1h", "--yes"),
        (REF, "none", "--reason", "x", "--for", "1h"),
    ),
    "drift": ((), ("show", "--format", "json"), ("revert", REF, "--yes"), ("adopt", REF)),
    "store": (("copy", "sqlite:.muster/state.db", "sqlite:copy.db", "--keep-writable"),),
    "watch": (("--once", "--log-format", "text"), ("--once", "--dry-run", "--log-format", "json")),
    "email": (
        *(("estimate", REF, "--format", form) for form in ("text", "json")),
        ("explain", REF, "ana@home.example"),
        ("preview", REF, "--out", "look"),
        ("test", REF, "--to", "ana@home.example", "--contact", "{}"),
        ("resolve", REF),
        *(("report", REF, "--format", form) for form in ("text", "json", "csv", "svg")),
        ("failures", REF),
        ("suppress", "ana@home.example"),
        ("suppressions",),
        ("unsuppress", "ana@home.example"),
    ),
    "leads": (
        ("import", "leads.csv", "--contract", "nobody"),
        *(("explain", "L0", "--format", form) for form in ("text", "json")),
        ("distribute", "L0", "--to", "nobody"),
        *(("queue", "--format", form) for form in ("text", "json")),
        *(("queue", verb, "Q0") for verb in ("show", "release")),
        ("queue", "correct", "Q0", "--set", "a=b"),
        ("queue", "discard", "Q0", "--reason", "x"),
        *(("list", "--format", form) for form in ("text", "json", "csv")),
        ("show", "L0"),
        *(("campaign", "solar-quotes", "--format", form) for form in ("text", "json")),
        ("workflow", "solar-quotes", "quote-form"),
        *((kind, "nobody") for kind in ("account", "account-contract", "partner", "partner-contract")),
        *(("outbound", "--format", form) for form in ("text", "json", "csv")),
        ("last-use", "solar-quotes"),
        *(("turnover", "--format", form) for form in ("text", "json", "csv")),
        *((bill, "nobody", "--format", form) for bill in ("statement", "purchase-order") for form in ("text", "csv")),
        ("return", "S0", "--reason", "x"),
        *((verb, "S0") for verb in ("approve", "deny")),
        *(("returns", "--format", form) for form in ("text", "json")),
        *(("outdated", "--format", form) for form in ("text", "json", "csv")),
        ("confirm", "nobody"),
        *(("undelivered", "nobody", *more) for more in ((), ("--format", "json"), ("--again",))),
    ),
    "referral": (
        ("import", "people.csv", "--rows", "advocates", "--program", "refer-a-neighbour"),
        *(("show", "--program", "refer-a-neighbour", "--format", form) for form in ("text", "json")),
        *(("rewards", "--program", "refer-a-neighbour", "--format", form) for form in ("text", "json", "csv")),
        ("participants", "--program", "refer-a-neighbour"),
        ("export", "--program", "refer-a-neighbour", "--batch", "one"),
        ("makegood", "neighbour-both-75", "ada", "--value", "5.00", "--currency", "EUR", "--reason", "x"),
        *((verb, "r-0") for verb in ("approve", "retry", "explain")),
        ("deny", "r-0", "--reason", "x"),
    ),
    "receivables": (
        *(("load", "--format", form) for form in ("text", "json")),
        ("import", "invoices.csv"),
        *(("invoices", "--format", form) for form in ("text", "json", "csv")),
    ),
    "collections": (
        *(("load", "--format", form) for form in ("text", "json")),
        ("import", "accounts.csv"),
        ("import", "accounts.csv", "--rows", "events"),
        *(("tell", "4711", "--event", "opt_out", "--format", form) for form in ("text", "json")),
    ),
    "serve": (("--help",), ("--listen", "nowhere")),  # at work it goes on until a signal ends it
    "worker": (("--threads", "0"), ("--help",)),  # at work it needs a clock that goes on
    "import": (("--all", "--stdout"), (LIST,)),
    "forget": ((LIST, "--yes"), ("Segment/lone", "--yes")),
    "explain": (("SmtpConnection",), ()),
    "graph": (("EmailCampaign",),),
    "schema": ((), ("SmtpConnection",)),
    "doctor": (*_forms(), ("--expect", "sha256:" + "0" * 64)),
    "completion": (("bash",),),
}


@pytest.fixture
def secretive(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The repository of campaigns.d: each secret that it names by a variable, or by a file, is the canary."""
    shutil.rmtree(world.manifests)
    shutil.copytree(ROOT / "campaigns.d", world.manifests)
    world.clock.set("2026-11-23T09:00:00Z")
    vault = world.root.parent / "vault"
    vault.write_text(CANARY, encoding="utf-8")
    found = 0
    for file in sorted(world.manifests.rglob("*.yaml")):
        text = file.read_text("utf-8")
        for name in re.findall(r"\{env: (\w+)\}", text):
            found += 1
            if found % 3:
                monkeypatch.setenv(name, CANARY)
            else:
                text = text.replace(f"{{env: {name}}}", f'{{file: "{vault}"}}')
        file.write_text(text, encoding="utf-8")
    assert found > 5
    monkeypatch.setenv("MUSTER_TRACEBACK", "1")
    monkeypatch.chdir(world.root)
    return world


def _calls() -> Iterator[tuple[str, ...]]:
    for verb in VERBS:
        for arguments in COMMANDS[verb]:
            yield (verb, *arguments)


def _check_output(world: World, *call: str) -> int:
    """The exit code."""
    code, out, err = world.cli(*call)
    assert CANARY not in out + err, call
    assert code != 70, (call, err)
    return code


def _check_files(world: World) -> None:
    """Whatever lies in the project: store, caches, saved plans, calendars, new manifests."""
    files = [path for path in world.root.rglob("*") if path.is_file()]
    assert any(path.name == "state.db" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_every_verb_is_known_here() -> None:
    assert VERBS.keys() - COMMANDS.keys() == set(), "say in COMMANDS how these are run"


_LONE = "apiVersion: muster/v1\nkind: Segment\nmetadata: {name: lone}\nspec: {list: customers-nl, where: 'true'}\n"


def test_no_verb_says_it_where_all_is_well(secretive: World) -> None:
    lone = secretive.write("lone.yaml", _LONE)
    secretive.apply()
    lone.unlink()
    codes = [(call[0], _check_output(secretive, *call)) for call in _calls()]
    assert {verb for verb, code in codes if code != 64} == VERBS.keys(), codes
    _check_files(secretive)


_WRONG = "kind: SmtpConnection\nmetadata: {name: x}\nspec: {auth: {env: RELAY_AMS_PASSWORD}}\n"


@pytest.mark.parametrize("broken", ["kind: [", _WRONG])
def test_no_verb_says_it_where_something_is_wrong(secretive: World, broken: str) -> None:
    secretive.apply()
    smtp = secretive.manifests / "shared/smtp.yaml"
    smtp.write_text(smtp.read_text("utf-8").replace("port:", "prot:"), encoding="utf-8")
    secretive.write("broken.yaml", broken)
    for call in _calls():
        _check_output(secretive, *call)
    (secretive.root / ".muster/state.db").write_bytes(b"not a database")
    for call in _calls():
        _check_output(secretive, *call)
    _check_files(secretive)


@pytest.mark.parametrize("url", ["postgresql://me:{}@127.0.0.1:1/db", "mysql://me:{}@host/db", "sqlite3://{}@x"])
def test_no_verb_says_the_password_of_a_store(secretive: World, url: str) -> None:
    for call in _calls():
        code, out, err = secretive.cli("--store", url.format(CANARY), *call)
        assert CANARY not in out + err, call
        assert code != 70, (call, err)


_LITERAL = ("{0}", "'{0} {0}'", "{{env: '{0}'}}", "{{value: {0}}}", "[{0}]", "{{env: A, file: {0}, x: 1}}")


@pytest.mark.parametrize("secret", [text.format(CANARY) for text in _LITERAL])
def test_a_secret_that_stands_in_a_manifest_is_refused_without_showing_it(world: World, secret: str) -> None:
    auth = f"auth: {{user: u, password: {secret}}}"
    text = f"apiVersion: muster/v1\nkind: SmtpConnection\nmetadata: {{name: relay}}\nspec: {{host: h.example, hots: 1, {auth}}}\n"
    world.write("relay.yaml", text)
    for call in (*_forms("validate"), *_forms("plan", forms=_PLANS[:3]), *_forms("apply", "--yes"), ("diff",)):
        code, out, err = world.cli(*call)
        assert code == 3
        assert "literal-secret" in out + err
        assert CANARY not in out + err, call
