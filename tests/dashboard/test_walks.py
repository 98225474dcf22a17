"""Every page and every action, in a real browser, over a project in which everything happens. (Issue 8)

A page that no link leads to fails, and so does a link that leads to nothing.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from reconciler.dashboard.page import Page
from tests.dashboard.browsing import DESK, PHONE, SMALL, Tab, browsing, tab
from tests.dashboard.crawling import DONE, SEEN, Crawled, crawled
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staging import Staged

SAMPLES = {"/resources/{kind}/{name}": 6}
"""Addresses of one page that are looked at, of different kinds; one where nothing is said."""
DANA = "dana@noorderlicht.example"
GIVEN = {"to": DANA, "person": "aaf", "value": "10.00", "currency": "EUR"}
"""What is filled in by the name of the field, where not anything will do."""
NO_SERVER = "Connection refused"
"""What a test letter hears: the mail server of the project is gone by then."""
TOLD = "main .said, main [role=status], main .remark, #report-title"
"""Where a page says what was done."""
GRAVE = ("serious", "critical")
BEHIND = tuple(
    f"/resources/{{kind}}/{{name}}/do/{edit}/{one}"
    for edit in ("edit-schedule", "edit-details") for one in ("patch", "branch")
)  # fmt: skip
"""These stand behind forms that want something new: `test_an_edit_is_taken_with_one` fills that in."""
BESIDE = {"/execution/resume": (200, 409), "/leave": (405,)}
"""Pages to which a link leads only in another state than the project's, and what they answer in this one.

`test_the_engine_is_paused_and_goes_on` presses the first.
"""
ENERGY = "/resources/CollectionCampaign/energy-0-60-dpd@1"
EDITS = {
    "edit-schedule": (
        {"Time of entry 1": "2027-01-25T09:00", "State of entry 1": "paused"},
        "+schedule: {entries: [{at: ",
    ),
    "edit-details": ({"Title": "Energy, the young ones", "End date": "2027-02-28"}, "+  endDate: 2027-02-28 "),
}
"""By action: what is filled in, by label, and what the patch has then."""


@pytest.fixture(scope="module")
def room(staged_project: Staged) -> Iterator[Room]:
    with showroom(staged_project) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def way(room: Room) -> Crawled:
    return crawled(room)


@contextmanager
def acting(project: Staged, root: Path) -> Iterator[Room]:
    """A copy, on which somebody acts."""
    copy = Staged(project.copy(root / "copy").root)
    copy.clock.moment = project.clock.moment
    with showroom(copy) as room:
        yield room


def test_no_link_leads_to_nothing(way: Crawled) -> None:
    assert not way.dead, "\n".join(way.dead)


def test_no_page_shows_the_marks_of_code(room: Room, way: Crawled) -> None:
    """What messages put between backticks is shown as code; only what a command printed is shown as it was."""
    marked = []
    for path in way.pages:
        for address in way.spread(path, 5):
            came = room.get(address)
            if not came.headers["content-type"].startswith("text/html"):
                continue
            words = re.sub(r"(?s)<(pre|svg|code|textarea)\b.*?</\1>|<[^>]+>", " ", came.text)
            marked += [f"{address}: {one}" for one in re.findall(r".{0,40}`[^`]+`", words)]
    assert not marked, "\n".join(marked)


@pytest.mark.parametrize("page", SEEN, ids=lambda page: page.path)
def test_a_page(page: Page, room: Room, chromium: Browser, way: Crawled) -> None:
    """It is found; nothing fails on it; it asks for nothing from elsewhere; axe finds nothing serious; it fits a phone."""
    if page.path in BESIDE:
        assert room.get(page.path).status in BESIDE[page.path]
    elif page.path != "/" and page.path not in BEHIND:  # the first one leads on to the campaigns
        assert page.path in way.pages or page.path in way.asked, f"no link leads to {page.path}"
        with tab(chromium, room) as seen:
            for address in way.spread(page.path, SAMPLES.get(page.path, 1)):
                _looks(seen, address)
            seen.settled()


def test_without_scripts(room: Room, chromium: Browser, way: Crawled) -> None:
    """Everything but liveness is there with JavaScript off."""
    with tab(chromium, room, java_script_enabled=False) as seen:
        for page in SEEN:
            for address in way.spread(page.path, 1):
                assert seen.open(address).status == 200, address
                assert seen.page.locator("main h1").first.inner_text(), address
        seen.settled()


@pytest.fixture(scope="module")
def acted(staged_project: Staged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with acting(staged_project, tmp_path_factory.mktemp("acted")) as found:
        yield found


@pytest.mark.parametrize("page", DONE, ids=lambda page: page.path)
def test_an_action(page: Page, way: Crawled, acted: Room, chromium: Browser) -> None:
    """It is reached from a page, asks, is done by the keyboard, and says what it has done."""
    if page.path not in (*BESIDE, *BEHIND):
        assert page.path in way.forms, f"no form leads to {page.path}"
        with tab(chromium, acted) as seen:
            _does(seen, way.forms[page.path])
            seen.settled()


def test_actions_without_scripts(way: Crawled, staged_project: Staged, chromium: Browser, tmp_path: Path) -> None:
    with acting(staged_project, tmp_path) as room, tab(chromium, room, java_script_enabled=False) as seen:
        for page in DONE:
            if page.path not in BESIDE and page.path in way.forms:
                _does(seen, way.forms[page.path])
        seen.settled()


# What stands behind forms that want something, or in another state.


@pytest.fixture(scope="module")
def pressed(staged_project: Staged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with acting(staged_project, tmp_path_factory.mktemp("pressed")) as found:
        yield found


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_taken_with_one(edit: str, pressed: Room, chromium: Browser) -> None:
    """Filled in, looked at, downloaded, and committed on a branch."""
    fields, wanted = EDITS[edit]
    with tab(chromium, pressed) as seen:
        seen.open(ENERGY)
        seen.page.get_by_role("link", name=edit.replace("-", " ").capitalize()).click()
        for name, value in fields.items():
            field = seen.page.get_by_label(name, exact=True)
            if name.startswith("State"):
                field.select_option(value)
            else:
                field.fill(value)
        _press(seen, seen.page.get_by_role("button", name="Show the change"))
        _looks(seen, _here(seen))
        assert wanted in seen.page.locator("pre.patch").inner_text()
        with seen.page.expect_download() as coming:
            seen.page.get_by_role("link", name="Download the patch").click()
        patch = coming.value.path().read_text(encoding="utf-8")
        assert patch.startswith("diff --git") and wanted in patch
        seen.page.get_by_label("Why, for the commit").fill("a test asks for it")
        _press(seen, seen.page.get_by_role("button", name="Commit it on"))
        expect(seen.page.locator(TOLD).first).to_contain_text("The change is on the branch muster/")
        seen.settled()


def test_what_is_wrong_with_an_edit_stands_at_its_field(pressed: Room, chromium: Browser) -> None:
    with tab(chromium, pressed) as seen:
        seen.open(f"{ENERGY}/do/edit-details")
        seen.page.get_by_label("End date").fill("")
        _press(seen, seen.page.get_by_role("button", name="Show the change"))
        _looks(seen, _here(seen))
        field = seen.page.get_by_label("End date")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("^Give a start date and an end date\\."))
        seen.settled()


def test_the_engine_is_paused_and_goes_on(pressed: Room, chromium: Browser) -> None:
    with tab(chromium, pressed) as seen:
        seen.open("/execution")
        seen.page.get_by_role("link", name="Pause the engine").click()
        seen.page.get_by_label("Reason").fill("wrong balances")
        _press(seen, seen.page.get_by_role("button", name="Pause the engine"))
        expect(seen.page.locator("h1")).to_contain_text("engine paused")
        seen.page.get_by_role("link", name="Resume the engine").click()
        _looks(seen, _here(seen))
        _press(seen, seen.page.get_by_role("button", name="Let the engine go on"))
        expect(seen.page.locator("h1")).not_to_contain_text("engine paused")
        expect(seen.page.locator(TOLD).first).to_contain_text("engine")
        seen.settled()


def test_a_campaign_to_enqueue_is_picked(pressed: Room, chromium: Browser) -> None:
    """C-25."""
    with tab(chromium, pressed) as seen:
        seen.open("/execution")
        seen.page.get_by_label("Enqueue every account").select_option("energy-0-60-dpd")
        _press(seen, seen.page.get_by_role("button", name="Enqueue"))
        assert _here(seen) == f"{ENERGY}/do/enqueue"
        _looks(seen, _here(seen))
        _press(seen, seen.page.get_by_role("button", name="Queue the accounts"))
        expect(seen.page.locator(TOLD).first).to_contain_text("queued")
        seen.settled()


def test_why_there_is_a_reward_or_none_is_asked(pressed: Room, chromium: Browser) -> None:
    with tab(chromium, pressed) as seen:
        for what, status in (("friend-0-1", 200), ("nobody <b>knows</b> this", 404)):
            seen.open("/programs/refer-a-neighbour/rewards")
            seen.page.get_by_label("Why there is a reward").fill(what)
            seen.expected = ("404 (Not Found)",)
            _press(seen, seen.page.get_by_role("button", name="Explain"))
            expect(seen.page.locator("main")).to_contain_text(what)
            _looks(seen, _here(seen), status)
        seen.settled()


def _press(seen: Tab, button: Locator) -> None:
    """By the keyboard, until what comes of it is there."""
    button.focus()
    with seen.page.expect_navigation():
        seen.page.keyboard.press("Enter")


def _here(seen: Tab) -> str:
    return seen.page.url.removeprefix(seen.room.base)


def _does(seen: Tab, forms: Sequence[tuple[str, str]]) -> None:
    """The action of one of these forms: by page, and where it goes. What was done before may have taken some away."""
    form, action = next(_there(seen, forms))
    _fill(form, action)
    seen.expected = ("409 (Conflict)",) if action.endswith("/send-test") else ()
    form.locator("button[type=submit], button:not([type]), input[type=submit]").last.focus()
    with seen.page.expect_navigation():
        seen.page.keyboard.press("Enter")
    alert = seen.page.get_by_role("alert")
    words = alert.first.inner_text() if alert.count() else NO_SERVER
    assert NO_SERVER in words, f"{action}: {words}"
    assert seen.page.locator(TOLD).count(), f"it does not say what it has done: {action}"


def _there(seen: Tab, forms: Sequence[tuple[str, str]]) -> Iterator[tuple[Locator, str]]:
    for where, action in reversed(forms):
        seen.open(where)
        for form in seen.page.locator("form[method=post]").all():
            if _leads_to(form, where, action):
                yield form, action


def _leads_to(form: Locator, where: str, action: str) -> bool:
    return (form.get_attribute("action") or where).split("?")[0] == action.split("?", maxsplit=1)[0]


def _fill(form: Locator, action: str) -> None:
    """Whatever has to be filled in, by the keyboard. Who deletes types the name."""
    name = ([*action.split("/"), "", "", "", ""])[3].partition("@")[0]
    given = {"email": DANA, "number": "1", "date": "2026-12-01"}
    for one in form.locator("input:required, textarea:required").all():
        kind = one.get_attribute("type") or "text"
        if kind in ("radio", "checkbox"):
            one.check()
        elif not one.input_value():
            one.focus()
            what = one.get_attribute("name") or ""
            one.fill({"typed": name, **GIVEN}.get(what) or given.get(kind, "a test asks for it"))
    for one in form.locator("select:required").all():
        if not one.input_value():
            one.select_option(index=1)


def _looks(seen: Tab, address: str, status: int = 200) -> None:
    seen.page.set_viewport_size(DESK)
    seen.page.emulate_media(color_scheme="light")
    assert seen.open(address).status == status, address
    assert seen.page.locator("h1").count() == 1, address
    problems = _axe(seen, address, "light")
    seen.page.emulate_media(color_scheme="dark")
    problems += _axe(seen, address, "dark", "color-contrast")
    seen.page.set_viewport_size(PHONE)
    problems += _axe(seen, address, "phone", "scrollable-region-focusable", "target-size")
    seen.page.set_viewport_size(SMALL)
    if seen.is_wider_than_the_window():
        problems.append(f"{address} has to be scrolled sideways at 360 px: {_widest(seen)}")
    assert not problems, "\n".join(problems)


def _axe(seen: Tab, address: str, where: str, *rules: str) -> list[str]:
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(seen.page, options=options).response["violations"]
    return [
        f"{address} ({where}): {one['id']}: {one['help']}: {node['target']} {node['html'][:160]}"
        for one in found if one["impact"] in GRAVE for node in one["nodes"][:3]
    ]  # fmt: skip


def _widest(seen: Tab) -> str:
    return str(
        seen.page.evaluate(
            """() => [...document.querySelectorAll("body *")]
              .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
              .filter((one) => !one.closest(".scroll, .picture, pre, .tabs, .top nav"))
              .slice(0, 4).map((one) => one.outerHTML.slice(0, 120))"""
        )
    )


def test_a_phone_shows_where_one_is(room: Room, chromium: Browser) -> None:
    """The page that is open is in sight in the row of pages, and so is every tab; numbers of rows are not broken."""
    report = "/resources/EmailCampaign/newsletter-2026-11@1/failures"
    with tab(chromium, room, viewport=PHONE) as seen:
        for address in ("/receivables", "/audit"):
            seen.open(address)
            expect(seen.page.locator(".top nav [aria-current]")).to_be_in_viewport(ratio=0.95)
        seen.open(report)
        for one in seen.page.locator(".tabs a").all():
            expect(one).to_be_in_viewport(ratio=1)
        seen.open("/resources/ReceivablesCampaign/consumer-31-60@1/invoices")
        first = seen.page.locator("main tbody th a").first
        assert first.evaluate("(one) => one.getClientRects().length") == 1
        assert not seen.is_wider_than_the_window()
        seen.page.emulate_media(media="print")
        seen.page.set_viewport_size({"width": 700, "height": 1000})
        assert not seen.is_wider_than_the_window(), "on paper nothing scrolls"
        seen.settled()
