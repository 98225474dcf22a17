"""A referral program over HTTP, from its own systems and from browsers, asked of a running `muster serve` (issue 6)."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reconciler.model.ref import Ref
from tests.web.shop import URL, Server, Shop

KEY = "the key of the program"
RULES = [
    {"to": "friend", "on": "account_created", "value": "50.00", "currency": "USD"},
    {"to": "advocate", "on": "account_created", "value": "25.00", "currency": "USD"},
]


@pytest.fixture
def program(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("PROGRAM_KEY", KEY)
    shop.put("ReferralProgram", "friends", {"timezone": "UTC", "apiKey": {"env": "PROGRAM_KEY"}, "title": "A <b> shop"})
    campaign(shop, "summer", "live")
    return shop


def campaign(shop: Shop, name: str, state: str, **spec: Any) -> None:
    body = {
        "program": "friends", "journey": ["account_created", "first_deposit"], "rewards": RULES,
        "creative": {"landing": f"https://shop.example/{name}/{{code}}?a=b"}, "offer": {"friend": f"{name} for you"}, **spec,
    }  # fmt: skip
    shop.put("ReferralCampaign", name, body, state=state)
    shop.apply()


def api(server: Server, path: str, said: Any = None, key: str = KEY, program: str = "friends") -> tuple[int, Any]:
    """One request with the program's key: a POST where something is said. The status, and what was answered."""
    body = said if isinstance(said, bytes | None) else json.dumps(said).encode()
    link = f"/v1/referral/{program}/{path}"
    found = server.ask("POST" if body is not None else "GET", link, body, Authorization=f"Bearer {key}")
    assert found.headers["content-type"] == f"application/{'json' if found.status == 200 else 'problem+json'}", found
    return found.status, json.loads(found.body)


def good(server: Server, path: str, said: Any = None) -> Any:
    status, answer = api(server, path, said)
    assert status == 200, answer
    return answer


def test_from_a_shared_link_to_two_rewards(program: Shop) -> None:
    """R-02, R-03, R-25: the whole way, each request twice: the second one changes nothing."""
    with program.serving() as server:

        def twice(path: str, said: Any = None) -> Any:
            first = good(server, path, said)
            assert good(server, path, said) == first
            return first

        twice("advocates", {"id": "ada", "email": "ada@r.example"})
        link = twice("links", {"advocate": "ada"})
        assert (link["campaign"], link["url"]) == ("ReferralCampaign/summer@1", f"{URL}/r/{link['code']}")
        pressed = server.get(link["url"])
        assert (pressed.status, pressed.headers["location"]) == (302, f"https://shop.example/summer/{link['code']}?a=b")
        seen = twice("accesses", {"friend": "fred", "code": link["code"]})
        assert (seen["campaign"], seen["eligible"], seen["offer"]) == (
            "ReferralCampaign/summer@1", True, {"friend": "summer for you"},
        )  # fmt: skip
        earned = twice("events", {"id": "e1", "friend": "fred", "event": "account_created"})
        assert [(one["to"], one["beneficiary"], one["value"]) for one in sorted(earned["rewards"], key=str)]
        assert {(one["to"], one["beneficiary"], one["value"], one["state"]) for one in earned["rewards"]} == {
            ("friend", "fred", "50.00", "pending"), ("advocate", "ada", "25.00", "pending"),
        }  # fmt: skip
        assert twice("answer?advocate=ada")["campaign"] == "ReferralCampaign/summer@1"
        shown = twice(f"answer?friend=new&code={link['code']}")
        assert shown["landing"] == f"https://shop.example/summer/{link['code']}?a=b"
        assert twice("answer?friend=nobody") == {
            "campaign": None, "eligible": False, "reason": "this friend came by no link",
        }  # fmt: skip
    assert clicks(program) == {"summer": 1}


def clicks(shop: Shop) -> dict[str, int]:
    with shop.open() as store:
        names = {store.ledger.uid(ref): ref.name for ref in store.heads() if ref.kind == "ReferralCampaign"}
        found = store.referral.clicks(store.ledger.uid(Ref("ReferralProgram", "friends")))
        return {names.get(one.campaign, "nobody"): one.clicks for one in found}


def test_a_link_leads_where_its_visitor_belongs(program: Shop) -> None:
    """R-04 … R-06, R-12, AMB-R3: who came before sees the paused offer again; others the live one, or a page; all count.

    R-17: a switch counts from the next request on.
    """
    with program.serving() as server:
        good(server, "advocates", {"id": "ada"})
        link = f"/r/{good(server, 'links', {'advocate': 'ada'})['code']}"
        first = server.get(link)
        cookie = first.headers["set-cookie"]
        assert all(part in cookie for part in ("Path=/r", "HttpOnly", "SameSite=Lax", "Secure")) and "ada" not in cookie
        known = cookie.partition(";")[0]
        campaign(program, "summer", "paused")
        assert "/summer/" in server.get(link, Cookie=known).headers["location"]
        nobody = server.get(link)
        assert (nobody.status, b"A &lt;b&gt; shop" in nobody.body) == (200, True) and b"<b>" not in nobody.body
        campaign(program, "autumn", "live")
        assert "/autumn/" in server.get(link).headers["location"]
        assert "/summer/" in server.get(link, Cookie=f"other=1; {known}").headers["location"]
        campaign(program, "summer", "ended")
        assert "/autumn/" in server.get(link, Cookie=known).headers["location"]
        for odd in ("muster_r=", "muster_r=0-0", "muster_r=" + "9" * 5000, "muster_r=9-99999999999.x", "muster_r=²-1"):
            assert "/autumn/" in server.get(link, Cookie=odd.encode().decode("latin-1")).headers["location"]
        before = clicks(program)
        server.get(link, Purpose="prefetch")
        server.ask("HEAD", link)
        assert clicks(program) == before and before["nobody"] == 1 and before["summer"] == 3
        capitals = link.replace("/r/", "/r/ ").split("/r/ ")[1].upper()
        assert server.get(f"/r/{capitals}").status == 302


def test_where_nobody_is_live_links_lead_to_the_fallback(program: Shop) -> None:
    """R-12, AMB-R3: to the program's, also of a link that was shared while nothing was live."""
    fallback = "https://shop.example/later"
    program.put(
        "ReferralProgram", "friends", {"timezone": "UTC", "apiKey": {"env": "PROGRAM_KEY"}, "fallback": fallback}
    )
    campaign(program, "summer", "stopped")
    with program.serving() as server:
        good(server, "advocates", {"id": "ada"})
        link = good(server, "links", {"advocate": "ada"})
        assert link["campaign"] is None
        assert server.get(link["url"]).headers["location"] == fallback
        assert good(server, "answer?advocate=ada")["campaign"] is None
    assert clicks(program) == {"nobody": 1}


def test_replays_from_many_sides_earn_once(program: Shop) -> None:
    """R-25: 200 requests over HTTP at once, ten ids for one step."""
    with program.serving() as server:
        good(server, "advocates", {"id": "ada"})
        code = good(server, "links", {"advocate": "ada"})["code"]

        def told(number: int) -> int:
            said = {"id": f"e{number % 10}", "friend": "fred", "event": "account_created", "code": code}
            return api(server, "events", said)[0]

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(told, range(200))) == {200}
    with program.open() as store:
        assert store.rewards.owed(store.ledger.uid(Ref("ReferralCampaign", "summer"))).count == 2


BAD: dict[str, tuple[str, Any, int]] = {
    "no JSON": ("events", b"{", 400),
    "nothing": ("events", b"", 400),
    "a list": ("events", [], 400),
    "nested": ("events", b"[" * 8000, 400),
    "a deep member": ("advocates", b'{"id":' + b'{"a":' * 1500, 400),
    "another member": ("advocates", {"id": "a", "admin": True}, 400),
    "a number for an id": ("advocates", {"id": 1}, 400),
    "a null": ("advocates", {"id": None}, 400),
    "control characters": ("advocates", {"id": "a\r\nX: y"}, 400),
    "NUL": ("advocates", {"id": "a\0"}, 400),
    "half a letter": ("advocates", b'{"id":"\\ud800"}', 400),
    "no UTF-8": ("advocates", b'{"id":"\xff"}', 400),
    "a long id": ("advocates", {"id": "a" * 201}, 400),
    "no address": ("advocates", {"id": "a", "email": "no address"}, 400),
    "an advocate nobody knows": ("links", {"advocate": "who"}, 404),
    "a code nobody knows": ("accesses", {"friend": "f", "code": "0" * 16}, 404),
    "a long code": ("accesses", {"friend": "f", "code": "0" * 41}, 400),
    "an odd code": ("events", {"id": "e", "friend": "f", "event": "account_created", "code": "../../etc"}, 404),
    "a step that is none": ("events", {"id": "e", "friend": "f", "event": "DROP TABLE"}, 400),
    "a time without an offset": ("events", {"id": "e", "friend": "f", "event": "joined", "at": "2027-01-01T00:00"}, 400),
    "a time to come": ("events", {"id": "e", "friend": "f", "event": "joined", "at": "2999-01-01T00:00:00Z"}, 400),
    "a time long ago": ("events", {"id": "e", "friend": "f", "event": "joined", "at": "0001-01-01T00:00:00+14:00"}, 400),
    "too much": ("events", b" " * 9000, 413),
    "an answer for nobody": ("answer", None, 400),
    "an answer for somebody odd": ("answer?friend=%00", None, 400),
    "an answer with more": ("answer?friend=a&x=y", None, 400),
}  # fmt: skip


def test_what_is_wrong_is_said_and_nothing_is_kept(program: Shop) -> None:
    with program.serving() as server:
        for name, (path, said, wanted) in BAD.items():
            body = said if isinstance(said, bytes | None) else json.dumps(said).encode()
            found = server.ask(
                "POST" if body is not None else "GET",
                f"/v1/referral/friends/{path}",
                body,
                Authorization=f"Bearer {KEY}",
            )
            assert found.status == wanted, (name, found)
            assert found.headers["content-type"] == "application/problem+json", (name, found)
            told = json.loads(found.body)
            assert (told["status"], told["type"].partition("urn:muster:problem:")[0]) == (wanted, ""), (name, told)
            assert told["detail"] and set(told) == {"type", "status", "detail"}, (name, told)
        good(server, "advocates", {"id": "ada", "household": "1 Main St"})
        assert api(server, "advocates", {"id": "ada", "household": "2 Main St"})[0] == 409
        said = {"id": "e", "friend": "f", "event": "account_created"}
        good(server, "events", said)
        assert api(server, "events", {**said, "friend": "g"})[0] == 409
        assert api(server, "events", {**said, "at": "2027-01-01T00:00:00Z"})[0] in (400, 409)
    with program.open() as store:
        assert not store.rewards.owed(store.ledger.uid(Ref("ReferralCampaign", "summer"))).count


def test_only_the_programs_key_opens_its_doors(program: Shop) -> None:
    """A program that is none, one without a key, and a wrong key sound alike; who tries too often is sent away."""
    program.put("ReferralProgram", "keyless", {"timezone": "UTC"})
    program.apply()
    tries: list[Callable[[Server], tuple[int, Any]]] = [
        lambda server: api(server, "advocates", {"id": "a"}, "wrong"),
        lambda server: api(server, "advocates", {"id": "a"}, ""),
        lambda server: api(server, "advocates", {"id": "a"}, KEY, "keyless"),
        lambda server: api(server, "advocates", {"id": "a"}, "", "keyless"),
        lambda server: api(server, "advocates", {"id": "a"}, KEY, "none-such"),
        lambda server: api(server, "answer?advocate=a", None, "wrong"),
    ]
    with program.serving() as server:
        told = [one(server) for one in tries]
        assert {status for status, _ in told} == {401} and len({json.dumps(answer) for _, answer in told}) == 1
        assert good(server, "advocates", {"id": "a"})
        many = [api(server, "advocates", {"id": "a"}, "wrong")[0] for _ in range(30)]
        assert many[-1] == 429
        assert good(server, "advocates", {"id": "b"}), (
            "who has the key is heard, whoever tries others from the same address"
        )


def test_codes_cannot_be_tried_one_after_another(program: Shop) -> None:
    """80 bits, and patience ends; links that are ours go on."""
    with program.serving() as server:
        good(server, "advocates", {"id": "ada"})
        link = good(server, "links", {"advocate": "ada"})
        tried = [server.get(f"/r/{number:016d}").status for number in range(30)]
        assert tried[0] == 404 and tried[-1] == 429
        assert server.get(link["url"]).status == 302
        for odd in (
            "/r/" + "a" * 10_000,
            "/r/%00",
            "/r/..%2f..%2fetc",
            "/r/https:%2f%2fevil.example",
            "/r/%E2%82%AC" * 3,
        ):
            assert server.get(odd).status in (404, 429), odd
        assert len(link["code"]) == 16 and not set(link["code"]) & set("ilou")
