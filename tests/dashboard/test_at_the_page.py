"""What somebody at a page notices: it follows the store, keeps what one is at, obeys the keyboard, and nobody's name harms it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.browsing import browsing, tab
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staging import Staged

PAGE = "/resources/EmailCampaign/price-notice-2027@2"
REF = "EmailCampaign/price-notice-2027@2"
HOSTILE = "\"><script>document.title='harmed';alert(1)</script><img src=x onerror=alert(2)> \u202ekcab"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def room(staged_project: Staged, tmp_path: Path) -> Iterator[Room]:
    copy = Staged(staged_project.copy(tmp_path / "copy").root)
    copy.clock.moment = staged_project.clock.moment
    with showroom(copy) as found:
        yield found


def test_an_open_page_follows_the_store(room: Room, chromium: Browser) -> None:
    """Within seconds, without a reload; the focus stays where it is, and what was opened stays open."""
    with tab(chromium, room) as seen:
        seen.open(PAGE)
        expect(seen.page.locator("#live-sign")).to_have_text("Live")
        seen.page.evaluate(
            "window.before = document.querySelector('main h1'); document.querySelector('.tabs a').focus()"
        )
        seen.page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        opened = seen.page.locator("main details[open]").count()
        room.world.clock.advance(seconds=30)
        room.world.hold(REF, "2026-12-01T00:00:00Z", reason="legal reads it once more")
        expect(seen.page.locator("main")).to_contain_text("legal reads it once more")
        assert seen.page.evaluate("window.before === document.querySelector('main h1')"), "the page was loaded anew"
        assert seen.page.evaluate("document.activeElement === document.querySelector('.tabs a')"), "the focus is gone"
        assert seen.page.locator("main details[open]").count() >= opened
        seen.settled()


def test_what_somebody_types_stays(room: Room, chromium: Browser) -> None:
    with tab(chromium, room) as seen:
        seen.open(f"{PAGE}/do/hold")
        expect(seen.page.locator("#live-sign")).to_have_text("Live")
        field = seen.page.locator("main form[method=post] [name=reason]").first
        field.focus()
        seen.page.keyboard.type("half a senten")
        first = seen.page.locator("#seen time").get_attribute("datetime")
        room.world.clock.advance(seconds=30)
        room.world.hold("EmailCampaign/win-back", "2026-12-01T00:00:00Z")
        expect(seen.page.locator("#seen time")).not_to_have_attribute("datetime", str(first))
        seen.page.keyboard.type("ce")
        assert field.input_value() == "half a sentence"
        seen.settled()


def test_the_keyboard_reaches_everything(room: Room, chromium: Browser) -> None:
    """The skip link comes first, each stop can be seen, the order is that of the page, and nothing is left out."""
    with tab(chromium, room) as seen:
        seen.open(PAGE)
        stops = seen.page.evaluate(
            """() => { const all = "a[href], button, input:not([type=hidden]), select, textarea, summary";
              const isSeen = (one) => one.checkVisibility({ visibilityProperty: true });
              window.stops = [...document.querySelectorAll(all)].filter(isSeen);
              return window.stops.length; }"""
        )
        met = []
        for _ in range(stops + 40):
            seen.page.keyboard.press("Tab")
            at = seen.page.evaluate(
                """() => { const at = document.activeElement, style = getComputedStyle(at);
                const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                return [window.stops.indexOf(at), at === document.body, isSeen]; }"""
            )
            if at[1]:
                break
            assert at[2], f"nobody sees where the focus is: {seen.page.evaluate('document.activeElement.outerHTML')}"
            met.append(at[0])
        stopped = [one for one in met if one >= 0]
        assert stopped == sorted(stopped), "the order is not that of the page"
        assert sorted(set(stopped)) == list(range(stops)), "something cannot be reached"
        seen.open(PAGE)
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.className") == "skip"
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"


def test_nobodys_name_harms_a_page(room: Room, chromium: Browser) -> None:
    file = room.world.manifests / "growth" / "hostile.yaml"
    subject, label = HOSTILE.replace("'", "''"), "x" * 60
    file.write_text(
        f"""apiVersion: muster/v1
kind: EmailCampaign
metadata: {{name: hostile, labels: {{team: {label}}}}}
state: draft
spec:
  subject: '{subject}'
  from: {{name: '{subject}', email: a@b.example}}
  content: {{template: win-back}}
  targets: {{include: [{{list: staff}}]}}
  smtp: {{connections: [{{name: relay-ams}}]}}
  unsubscribe: {{}}
""",
        encoding="utf-8",
    )
    said = room.world.cli("apply", "--yes", "--only", "EmailCampaign/hostile")
    assert said.code in (0, 4, 5), said
    room.world.hold("EmailCampaign/hostile", "2026-12-01T00:00:00Z", reason=HOSTILE)
    here = "/resources/EmailCampaign/hostile@1"
    with tab(chromium, room) as seen:
        for path in (
            here,
            f"{here}/history",
            f"{here}/document",
            f"{here}/diff",
            f"{here}/timeline",
            "/campaigns",
            "/plan",
        ):
            assert seen.open(path).status == 200, path
            assert "harmed" not in seen.page.title()
            assert "\u202e" not in seen.page.content(), path
        seen.settled()
