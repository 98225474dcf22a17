"""What servers know of campaigns and contracts: read from the store alone, and only what has changed."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler.controller.steps import forget_write
from reconciler.kinds.leads.market import Market, Outlook
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.leads.desk import NOW, buyer, campaign, move, partner


def names(market: Market, name: str, number: int) -> list[str]:
    version = market.version(name, number)
    assert version is not None
    return [one.ref.name for one in market.buyers_of(version)]


def test_it_knows_versions_and_contracts(store: Store) -> None:
    """L-45: from the store alone."""
    uid = campaign(store, "cars")
    campaign(store, "cars", 2, "draft", zone="")
    buyer(store, "acme", "cars")
    source = partner(store, "affiliate", "cars")
    market = Outlook().market(store)
    assert [(one.ref.version, one.state, one.zone) for one in market.versions("cars")] == [
        (1, "published", "Europe/Amsterdam"),
        (2, "draft", "UTC"),
    ]
    assert market.version("cars", 3) is None
    assert market.versions("boats") == ()
    assert market.version_of(uid) is market.version("cars", 1)
    assert market.source_of(source) is market.sources["affiliate"]
    assert market.buyer_of(source) is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [("draft", []), ("test", ["acme"]), ("published", ["acme"]), ("sundowned", []), ("deleted", [])],
)
def test_a_contract_holds_only_in_test_and_published(store: Store, state: str, expected: list[str]) -> None:
    """L-05: a draft holds no account contracts; L-09, L-24: a version in test or published does."""
    campaign(store, "cars", 1, state)
    buyer(store, "acme", "cars", version=1)
    assert names(Outlook().market(store), "cars", 1) == expected


def test_a_contract_joins_newer_versions_when_they_are_in_use(store: Store) -> None:
    """AMB-L4: where it allows that, and never a draft; without a version it begins at the lowest that is in use."""
    for number, state in ((1, "deleted"), (2, "sundowned"), (3, "published"), (4, "draft"), (5, "test")):
        campaign(store, "cars", number, state)
    buyer(store, "any", "cars")
    buyer(store, "fixed", "cars", version=3, allowNewerVersions=False)
    buyer(store, "gone", "cars", "deleted")
    buyer(store, "late", "cars", version=4)
    buyer(store, "lowest", "cars", allowNewerVersions=False)
    buyer(store, "other", "boats")
    outlook = Outlook()
    market = outlook.market(store)
    assert [names(market, "cars", number) for number in range(1, 6)] == [[], [], ["any", "fixed"], [], ["any", "late"]]
    move(store, Ref("LeadCampaign", "cars", 4), "test")
    move(store, Ref("LeadCampaign", "cars", 2), "published")
    market = outlook.market(store)
    assert names(market, "cars", 2) == ["any", "lowest"]
    assert names(market, "cars", 4) == ["any", "late"]


def test_a_contract_without_a_version_does_not_begin_at_a_draft(store: Store) -> None:
    """L-05, AMB-L4: a draft that lies below what is in use is passed over, also where no newer versions are allowed."""
    campaign(store, "cars", 1, "draft")
    campaign(store, "cars", 2, "published")
    buyer(store, "lowest", "cars", allowNewerVersions=False)
    market = Outlook().market(store)
    assert [names(market, "cars", number) for number in (1, 2)] == [[], ["lowest"]]


def test_only_what_has_changed_is_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign(store, "cars")
    partner(store, "affiliate", "cars")
    outlook = Outlook()
    before = outlook.market(store)
    assert outlook.market(store) is before
    move(store, Ref("PartnerContract", "affiliate"), "deleted")
    with loads(store, monkeypatch) as seen:
        after = outlook.market(store)
    assert seen == [{Ref("PartnerContract", "affiliate")}]
    assert after.sources["affiliate"].state == "deleted"
    assert after.version("cars", 1) is before.version("cars", 1)


def test_what_was_followed_is_what_is_read_at_once(store: Store) -> None:
    """Versions and contracts come, change, are renamed and forgotten: whoever has followed it all sees what a newcomer does."""
    outlook, dice = Outlook(), random.Random(7)
    refs = [Ref("LeadCampaign", name, number) for name in ("cars", "boats") for number in (1, 2, 3)]
    for _ in range(60):
        ref = dice.choice(refs)
        match dice.randrange(4):
            case 0:
                campaign(store, ref.name, ref.version, dice.choice(["draft", "test", "published"]))
            case 1:
                buyer(store, dice.choice("abc"), dice.choice(["cars", "boats"]), dice.choice(["present", "deleted"]))
            case 2 if ref in store.heads():
                move(store, ref, dice.choice(["test", "published", "deleted"]))
            case 3 if ref in store.heads():
                forget(store, ref)
        followed, fresh = outlook.market(store), Outlook().market(store)
        assert shown(followed) == shown(fresh)
        assert all(followed.version_of(one.uid) == one for name in fresh.campaigns for one in fresh.versions(name))


def forget(store: Store, ref: Ref) -> None:
    assert not store.commit([forget_write(store.load([ref])[ref], "test", NOW)])


def shown(market: Market) -> list[object]:
    """All that can be asked of a market, in its order."""
    versions = {name: market.versions(name) for name in sorted(market.campaigns)}
    sold = [market.buyers_of(one) for found in versions.values() for one in found]
    return [versions, list(market.buyers.values()), list(market.sources.values()), sold, sorted(market.by_uid)]


@contextmanager
def loads(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[set[Ref]]]:
    """Which resources are read from the store."""
    seen: list[set[Ref]] = []
    load = type(store).load

    def watched(self: Store, refs: set[Ref]) -> object:
        seen.append(set(refs))
        return load(self, refs)

    monkeypatch.setattr(type(store), "load", watched)
    yield seen
    monkeypatch.undo()
