"""From a mail in an inbox back into the store: links are pressed, people leave, and later mails know it (issue 5)."""

from tests.smtp_counter import Counter
from tests.web.shop import Shop, html_of, links, text_of

TEN = [f"u{number}@r.example" for number in range(10)]
HTML = '<body><p><a href="https://shop.example/sale?a=1&amp;b=2">Sale</a> <a href="https://other.example/x">x</a></p></body>'


def test_what_people_press_in_their_mails_is_counted_and_kept_to(shop: Shop, counter: Counter) -> None:
    """AMB-E15, AMB-E16: opens, clicks and leaving come back; a second campaign leaves out who has left."""
    shop.list_of(TEN)
    shop.put("SuppressionList", "left", {})
    shop.campaign("spring", "Sale: https://shop.example/sale?a=1&b=2", HTML, suppressions=["left"])
    shop.launch()
    assert sorted(counter.recipients()) == TEN
    mails = {one.recipient: one.message for one in counter.taken}
    assert "https://shop.example" not in html_of(mails[TEN[0]]), "each link leads to our server"
    assert "@r.example" not in "".join(links(mails[TEN[0]], ".")), "no link holds an address"
    with shop.serving() as server:
        sale, other = links(mails[TEN[0]], "c")
        said = server.get(sale)
        assert (said.status, said.headers["location"]) == (302, "https://shop.example/sale?a=1&b=2")
        assert server.get(other).headers["location"] == "https://other.example/x"
        assert sale in text_of(mails[TEN[0]]), "the same address has one number in html and text"
        (pixel,) = links(mails[TEN[1]], "o")
        said = server.get(pixel)
        assert (said.status, said.headers["content-type"], said.body[:6]) == (200, "image/gif", b"GIF89a")
        assert "no-store" in said.headers["cache-control"]
        (leave,) = links(mails[TEN[2]], "u")
        assert server.get(leave).status == 200
        assert not shop.suppressions(), "to look changes nothing"
        assert server.post(leave).status == 200
        assert server.post(leave).status == 200
        (leave,) = links(mails[TEN[3]], "u")
        page = server.get(leave).body.decode()
        assert 'method="post"' in page and "<script" not in page
        assert "Shop &lt;news@shop.example&gt;" in page
        assert server.post(leave, b"List-Unsubscribe=One-Click").status == 200
    assert shop.signs("spring") == [
        (TEN[0], "clicked"), (TEN[0], "clicked"), (TEN[1], "opened"), (TEN[2], "unsubscribed"), (TEN[3], "unsubscribed"),
    ]  # fmt: skip
    assert shop.reasons() == {(one, where): "unsubscribed" for one in TEN[2:4] for where in ("", "left")}
    counter.taken.clear()
    shop.campaign("summer", "Sun")
    shop.launch()
    assert sorted(counter.recipients()) == [one for one in TEN if one not in TEN[2:4]]


def test_whoever_leaves_while_a_campaign_is_under_way_gets_nothing_of_it_any_more(shop: Shop, counter: Counter) -> None:
    """E-17, AMB-E16: asked again just before each mail."""
    shop.list_of(TEN)
    shop.campaign("spring")
    shop.launch()
    mails = {one.recipient: one.message for one in counter.taken}
    counter.taken.clear()
    shop.campaign("summer")
    shop.apply()
    with shop.serving() as server:
        for one in TEN[:4]:
            assert server.post(links(mails[one], "u")[0]).status == 200
    shop.work()
    assert sorted(counter.recipients()) == TEN[4:]
    with shop.open() as store:
        view = store.ledger.view(shop.uid("summer"), shop.app().clock.now())
    assert view is not None and {stage.value: count for stage, count in view.stages.items() if count} == {
        "sent": 6, "suppressed": 4,
    }  # fmt: skip


def test_what_is_sent_without_a_server_says_so_before(shop: Shop) -> None:
    """AMB-E15, AMB-E16: never sent silently without what it asked for; refused, with the ways out."""
    shop.world.write("../muster.yaml", "timezone: UTC\n")
    shop.list_of(TEN)
    shop.campaign("spring")
    code, out, _ = shop.world.cli("plan")
    assert code == 5
    assert "name it in muster.yaml (server), or leave tracking out" in out
    assert "or write oneClick: false" in out
    shop.campaign("spring", tracking=None, unsubscribe={"url": "https://shop.example/leave"})
    assert shop.world.cli("plan")[0] == 0
