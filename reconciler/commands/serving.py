"""What `serve` runs: doors and mailboxes wired to the store, and a wait for the signal that ends it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any

from reconciler.app import App, SystemClock, secrets_of_this_machine
from reconciler.commands.options import Common
from reconciler.commands.running import Log, signals, unheard
from reconciler.commands.showing_dashboard import Shown, opened
from reconciler.controller.alarm import Alarm
from reconciler.controller.collector import Collector
from reconciler.controller.talk import Level
from reconciler.kinds.email.launched import Mailings
from reconciler.kinds.email.returning import Returning
from reconciler.kinds.email.sealing import seal_of
from reconciler.kinds.leads.intake import Intake
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.portal import Guests
from reconciler.kinds.sources import Sources
from reconciler.kinds.taking_in import Origin
from reconciler.mail.inbox import Inbox, Letter
from reconciler.mail.token import Seal
from reconciler.model.errors import Permanent, Usage
from reconciler.model.ports import Clock, Store
from reconciler.model.secret import Reveal
from reconciler.model.told import Told
from reconciler.web.allowance import Allowance
from reconciler.web.assembly import application
from reconciler.web.desks import Desks
from reconciler.web.door import Door
from reconciler.web.health import health_doors
from reconciler.web.leads import LeadDoors
from reconciler.web.listening import Listening, listen
from reconciler.web.metrics import CONTENT_TYPE, ServerMetrics
from reconciler.web.partners import Partners
from reconciler.web.patience import Patience
from reconciler.web.portal import Portal
from reconciler.web.tracking import Tracking
from reconciler.web.unsubscribe import Unsubscribing
from reconciler.web.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where is listened: for the world, and for the dashboard (None: nowhere); `trusted` are proxies before either."""

    world: str
    dashboard: str | None
    trusted: str


def served(common: Common, addresses: Addresses, log: str | None) -> int:
    """Serve until a signal comes. Usage where a secret is not there, or nobody can listen."""
    app, clock = common.app(), SystemClock()
    app.store().close()  # here it is said what is wrong with it, and made what it lacks
    say = Log.on_stderr(common, log, clock)

    def warn(message: str, /, **data: object) -> None:
        say(message, Level.WARNING, **data)

    metrics = ServerMetrics(lambda: clock.now().timestamp())
    reveal = _required(secrets_of_this_machine())
    seal = _seal(app.project.server, reveal)
    mailings, patience = Mailings(), Patience(time.monotonic)
    returning = Returning(seal, mailings, tuple(app.project.returns.get("unsubscribe", ())))
    secrets = {one["name"]: reveal(one["secret"]) for one in app.project.returns.get("webhooks", ())}
    webhooks = Webhooks(secrets, returning, clock, patience).doors()
    concerns: list[Sequence[Door]] = [health_doors(metrics.text, CONTENT_TYPE), webhooks]
    concerns.extend(_links(seal, mailings, clock, patience))
    concerns.extend(_referral(app, clock))
    concerns.extend(_leads(clock, patience, warn))
    concerns.extend(_posted(clock))
    alarm = Alarm()
    with signals(alarm, "stopped at once; what was not acknowledged comes again"), ExitStack() as open_now:
        with unheard():
            desks = Desks(app.open_another_store)
            open_now.callback(desks.close)
            for one in _collectors(app, reveal, _Taking(returning, clock, metrics), warn):
                open_now.callback(one.stop)
                one.start()
            world = listen(application(concerns, desks, warn, metrics), addresses.world, addresses.trusted)
            open_now.callback(world.close)
            shown = _dashboard(app, addresses, warn, metrics, open_now)
        say("listening", at=world.at)
        _wait(alarm, say, world, shown)
    say("stopped")
    return 0


def _wait(alarm: Alarm, say: Log, world: Listening, shown: Shown | None) -> None:
    if shown is not None:
        say("dashboard", at=shown.address)
    running = (world, shown.listening) if shown else (world,)
    while not alarm.stopping:
        alarm.wait(1.0)
        if not all(one.is_alive for one in running):
            raise RuntimeError("a server's thread has ended")


def _dashboard(app: App, addresses: Addresses, warn: Told, metrics: ServerMetrics, open_now: ExitStack) -> Shown | None:
    at = addresses.dashboard
    return opened(app, at, addresses.trusted, warn, metrics, open_now) if at is not None else None


def _links(seal: Seal | None, mailings: Mailings, clock: Clock, patience: Patience) -> Iterator[Sequence[Door]]:
    """Where the links of mails lead; without a seal no mail has any."""
    if seal is not None:
        yield Tracking(seal, mailings, clock, patience).doors()
        yield Unsubscribing(seal, mailings, clock, patience).doors()


def _referral(app: App, clock: Clock) -> Iterator[Sequence[Door]]:
    """What referral programs are asked: by their own systems with a key, and by whoever presses a shared link."""
    from reconciler.kinds.referral.programs import Programs
    from reconciler.web.referral import Referring
    from reconciler.web.sharing import Sharing

    programs, url = Programs(), str((app.project.server or {}).get("url", ""))
    # Each has a patience of its own: who tries codes is not a system with a wrong key.
    keys, codes = Patience(time.monotonic), Patience(time.monotonic)
    yield Referring(programs, secrets_of_this_machine(), token_bytes, clock, keys, url.rstrip("/")).doors()
    yield Sharing(programs, clock, codes, is_secure=url.startswith("https:")).doors()


def _leads(clock: Clock, patience: Patience, warn: Told) -> Iterator[Sequence[Door]]:
    """What partners send in, and what buyers see of it."""
    outlook, reveal = Outlook(), secrets_of_this_machine()
    partners = Partners(outlook, reveal, time.monotonic, warn, token_bytes(32))
    yield LeadDoors(Intake(outlook, token_bytes), partners, clock, patience, Allowance(time.monotonic)).doors()
    yield Portal(Guests(reveal), outlook, patience).doors()


def _posted(clock: Clock) -> Iterator[Sequence[Door]]:
    """What an organisation's own systems say of invoices and accounts."""
    from reconciler.kinds.collections.loading import ACCOUNTS
    from reconciler.kinds.receivables.loading import INVOICES
    from reconciler.views.accounts import account_told
    from reconciler.views.invoices import invoice_told
    from reconciler.web.account_events import AccountEventDoors
    from reconciler.web.posted import PostedDoors
    from reconciler.web.source_keys import SourceKeys

    reveal = secrets_of_this_machine()

    def keys(sources: Sources[Any]) -> SourceKeys:
        return SourceKeys(sources, reveal, Patience(time.monotonic), Allowance(time.monotonic))

    def invoice(store: Store, origin: Origin[Any], number: str) -> Mapping[str, Any] | None:
        found = store.invoices.get(origin.uid, number)
        return invoice_told(found, origin.ref.name) if found else None

    def account(store: Store, origin: Origin[Any], number: str) -> Mapping[str, Any] | None:
        found = store.accounts.get(origin.uid, number)
        return account_told(found, origin.ref.name) if found else None

    yield PostedDoors("invoices", keys(INVOICES), clock, invoice).doors()
    accounts = keys(ACCOUNTS)
    yield AccountEventDoors(accounts, clock).doors()
    yield PostedDoors("accounts", accounts, clock, account).doors()


@dataclass(frozen=True, slots=True)
class _Taking:
    """Records what letters say, and counts them."""

    returning: Returning
    clock: Clock
    metrics: ServerMetrics

    def take(self, mailbox: str, store: Store, letter: Letter) -> None:
        verdict = self.returning.letter(store, letter, self.clock.now())
        self.metrics.letter(mailbox, verdict.fate.value if verdict else "nothing")


@dataclass(frozen=True, slots=True)
class _Standing:
    """An inbox that stays open from one look to the next: a look that fails does not close its door."""

    inbox: Inbox

    def letters(self) -> Iterator[Letter]:
        return self.inbox.letters()

    def acknowledge(self, letter: Letter) -> None:
        self.inbox.acknowledge(letter)

    def close(self) -> None:
        """It is closed when the server ends."""


def _collectors(app: App, reveal: Reveal, taking: _Taking, say: Told) -> Iterator[Collector]:
    for one in app.project.returns.get("mailboxes", ()):
        name = one["name"]
        inbox, interrupt = _inbox(app.project.root, one, reveal)
        yield Collector(
            name,
            inbox,
            partial(taking.take, name),
            app.open_another_store,
            say,
            taking.metrics.looked,
            interrupt=interrupt,
        )


def _inbox(root: Path, written: Mapping[str, Any], reveal: Reveal) -> tuple[Callable[[], Inbox], Callable[[], None]]:
    """How a mailbox is opened, and how it is woken where it waits. Usage where it cannot be."""
    from reconciler.mail.inbox_lmtp import Lmtp
    from reconciler.mail.inbox_maildir import Maildir
    from reconciler.mail.inbox_mbox import Mbox
    from reconciler.mail.inbox_pop3 import Account, Pop3
    from reconciler.mail.lmtp_session import Rules

    if "maildir" in written:
        return lambda: Maildir(root / written["maildir"]), _nothing
    if "mbox" in written:
        return lambda: Mbox(root / written["mbox"]), _nothing
    if "pop3" in written:
        said = written["pop3"]
        implicit = said.get("tls", "implicit") == "implicit"
        port = said.get("port", 995 if implicit else 110)
        account = Account(said["host"], said["user"], reveal(said["password"]), port, implicit)
        return lambda: Pop3(account), _nothing
    where = written["lmtp"]
    host, _, number = where.rpartition(":")
    try:
        at = where if where.startswith("/") else (host.strip("[]"), int(number))
        lmtp = Lmtp(at, Rules("muster", lambda _recipient: True))
    except (OSError, OverflowError) as error:
        raise Usage(f"nobody can listen at {where}: {error}") from None
    return lambda: _Standing(lmtp), lmtp.close


def _nothing() -> None:
    """It does not wait."""


def _seal(server: Mapping[str, Any] | None, reveal: Reveal) -> Seal | None:
    """The seal of the settings. Usage where its secret is too short."""
    if server is None:
        return None
    try:
        return seal_of(reveal, server["secret"], server.get("previousSecret"))
    except Permanent as error:
        raise Usage(str(error)) from None


def _required(reveal: Reveal) -> Reveal:
    """The same, but who is missing a secret hears it as a mistake of the call."""

    def required(written: Mapping[str, str]) -> str:
        try:
            return reveal(written)
        except Permanent as error:
            raise Usage(str(error)) from None

    return required
