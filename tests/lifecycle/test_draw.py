"""Both pictures of a lifecycle show all of it, escape what they show, and keep labels readable."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reconciler.lifecycle.draw import arrows, label, mermaid
from reconciler.lifecycle.draw_columns import columns
from reconciler.lifecycle.draw_svg import svg
from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, Role, State, Transition
from reconciler.source.definitions import load_kinds

KINDS, FOUND = load_kinds((), Path("/"))
LAWS = [kind.lifecycle for kind in KINDS.table.values()]
SVG = "{http://www.w3.org/2000/svg}"

every_kind = pytest.mark.parametrize("law", LAWS, ids=[law.kind for law in LAWS])

Rect = tuple[float, float, float, float]


def test_the_five_campaign_kinds_are_drawn() -> None:
    assert not FOUND
    assert {law.kind for law in LAWS if law.role is Role.CAMPAIGN} == {
        "LeadCampaign",
        "EmailCampaign",
        "ReferralCampaign",
        "ReceivablesCampaign",
        "CollectionCampaign",
    }


def drawn(law: Lifecycle) -> ElementTree.Element:
    return ElementTree.fromstring(svg(law))


def groups(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The groups of this class, those of the legend left out."""
    found = [g for g in root.findall(f"{SVG}g") if name in g.get("class", "").split()]
    assert found, name
    return found


def words(element: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in element.findall(f"{SVG}text")]


def rect(element: ElementTree.Element) -> Rect:
    found = element.find(f"{SVG}rect")
    assert found is not None
    left, top, width, height = (float(found.get(key, "nan")) for key in ("x", "y", "width", "height"))
    return left, top, left + width, top + height


def overlap(one: Rect, other: Rect) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@every_kind
def test_mermaid_draws_every_state_transition_and_end(law: Lifecycle) -> None:
    lines = [line.strip() for line in mermaid(law).splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert f"[*] --> {law.initial}" in lines
    for edge in law.transitions:
        mark = "" if edge.by is Actor.USER else f" ({edge.by.value})"
        assert f"{edge.origin} --> {edge.target} : {edge.event}{mark}" in lines
    assert {line for line in lines if line.endswith("--> [*]")} == {
        f"{name} --> [*]" for name, state in law.states.items() if state.final
    }
    outward = [name for name, state in law.states.items() if state.outward]
    assert [line for line in lines if line.startswith("class ")] == (
        [f"class {','.join(outward)} outward"] if outward else []
    )


@every_kind
def test_svg_shows_every_state_with_its_marks(law: Lifecycle) -> None:
    boxes = {words(group)[0]: group for group in groups(drawn(law), "state")}
    assert set(boxes) == set(law.states)
    for name, state in law.states.items():
        assert ("outward" in boxes[name].get("class", "").split()) == state.outward, name
        assert (boxes[name].find(f"{SVG}rect[@class='inner']") is not None) == state.final, name


@every_kind
def test_svg_shows_every_event_once_a_pair_of_states_with_one_arrow_each(law: Lifecycle) -> None:
    root = drawn(law)
    shown = sorted((words(group)[0], group.get("class", "").split()[0]) for group in groups(root, "event"))
    assert shown == sorted((label(edge), edge.by.value) for edge in law.transitions)
    lines = [g for actor in ("user", "timer", "system") for g in root.findall(f"{SVG}g[@class='{actor}']")]
    assert len(lines) == len({(edge.origin, edge.target) for edge in law.transitions})


@every_kind
def test_labels_overlap_neither_boxes_nor_one_another(law: Lifecycle) -> None:
    root = drawn(law)
    boxes = [rect(group) for group in groups(root, "state")]
    labels = [rect(group) for group in groups(root, "event")]
    for index, one in enumerate(labels):
        assert not any(overlap(one, box) for box in boxes)
        assert not any(overlap(one, other) for other in labels[index + 1 :])


@every_kind
def test_arrows_end_at_their_states_and_pass_through_no_other(law: Lifecycle) -> None:
    root = drawn(law)
    boxes = {words(group)[0]: rect(group) for group in groups(root, "state")}
    paths = [path for g in root.findall(f"{SVG}g") if g.get("class") in set(Actor) for path in g.findall(f"{SVG}path")]
    for arrow, path in zip(arrows(law), paths, strict=True):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d", ""))]
        points = [quadratic(numbers, step / 40) for step in range(41)]
        assert near(points[0], boxes[arrow.origin]), arrow
        assert near(points[-1], boxes[arrow.target]), arrow
        for name, box in boxes.items():
            if name not in (arrow.origin, arrow.target):
                assert not any(inside(point, box) for point in points), (arrow, name)


def quadratic(numbers: list[float], t: float) -> tuple[float, float]:
    x0, y0, x1, y1, x2, y2 = numbers
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2


def inside(point: tuple[float, float], box: Rect) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def near(point: tuple[float, float], box: Rect) -> bool:
    """Outside the box, or on its border, but no more than 6 pixels away."""
    x, y = point
    close = box[0] - 6 <= x <= box[2] + 6 and box[1] - 6 <= y <= box[3] + 6
    return close and not (box[0] + 1 < x < box[2] - 1 and box[1] + 1 < y < box[3] - 1)


@every_kind
def test_svg_stays_within_its_page_and_tells_who_cannot_see_it(law: Lifecycle) -> None:
    root = drawn(law)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    for group in (*groups(root, "state"), *groups(root, "event")):
        box = rect(group)
        assert left <= box[0] and top <= box[1] and box[2] <= left + width and box[3] <= top + height
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None and law.kind in (title.text or "")
    assert told is not None
    for edge in law.transitions:
        assert f"{edge.origin} to {edge.target} by {label(edge)}" in (told.text or "")


def test_svg_is_light_and_dark() -> None:
    assert "@media (prefers-color-scheme: dark)" in svg(LAWS[0])


@every_kind
def test_the_same_lifecycle_gives_the_same_picture(law: Lifecycle) -> None:
    assert svg(law) == svg(law)
    assert mermaid(law) == mermaid(law)


HOSTILE = '"><script>alert(1)</script>\x1b[2J & \n stateDiagram'


def hostile() -> Lifecycle:
    states = (
        State("draft", summary=HOSTILE, initial=True),
        State(HOSTILE, summary=HOSTILE, outward=True),
        State("end", final=True),
        State("a-b"),
        State("a_b"),
    )
    edges = [
        Transition(HOSTILE, "draft", HOSTILE, summary=HOSTILE, danger=HOSTILE),
        Transition("again", HOSTILE, HOSTILE),
        Transition("stop", HOSTILE, "end", by=Actor.SYSTEM),
        Transition("go", "draft", "a-b"),
        Transition("go", "draft", "a_b"),
    ]
    named = {state.name: state for state in states}
    return Lifecycle(HOSTILE, Role.CAMPAIGN, named, tuple(edges), initial="draft", summary=HOSTILE)


def test_svg_escapes_hostile_names() -> None:
    text = svg(hostile())
    root = ElementTree.fromstring(text)
    assert "<script" not in text
    assert not list(root.iter(f"{SVG}script"))
    assert words(groups(root, "event")[0])[0].startswith('"><script>alert(1)')
    assert len(groups(root, "state")) == 5


def test_mermaid_escapes_hostile_names_and_keeps_ids_apart() -> None:
    text = mermaid(hostile())
    assert "<" not in text.replace("-->", "") and "\x1b" not in text
    shown = re.search(r'state "(.*)" as', text)
    assert shown and re.sub(r"#(\d+);", lambda found: chr(int(found[1])), shown[1]) == HOSTILE
    assert 'state "a-b" as a_b\n' in text and 'state "a_b" as a_b_\n' in text
    assert 'state "end" as end_\n' in text and "end_ --> [*]" in text
    ids = re.findall(r"^  draft --> (\w+) :", text, re.MULTILINE)
    assert len(ids) == 3 == len(set(ids))


def test_a_loop_is_drawn_outside_its_box() -> None:
    root = ElementTree.fromstring(svg(hostile()))
    box = next(rect(group) for group in groups(root, "state") if "outward" in group.get("class", ""))
    again = next(rect(group) for group in groups(root, "event") if words(group) == ["again"])
    assert not overlap(box, again)


def law_of(edges: str, initial: str = "a") -> Lifecycle:
    """A lifecycle of one-letter states: `ab bc` is a → b and b → c; declared in the order in which they appear."""
    pairs = edges.split()
    names = dict.fromkeys(initial + "".join(pairs))
    states = {name: State(name, initial=name == initial) for name in names}
    edges_of = tuple(Transition(pair, *pair) for pair in pairs)
    return Lifecycle("K", Role.CAMPAIGN, states, edges_of, initial=initial)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("ab bc cd", (("a",), ("b",), ("c",), ("d",))),
        ("ab ac bd cd", (("a",), ("b", "c"), ("d",))),
        ("ab ac ad", (("a",), ("b", "c", "d"))),
        ("ab ac bd ce", (("a",), ("b", "c"), ("d", "e"))),
        ("ab ac cd be", (("a",), ("c", "b"), ("d", "e"))),  # b above c would cross
        ("ab ba", (("a",), ("b",))),
    ],
)
def test_states_stand_by_distance_and_declaration_unless_that_crosses(
    edges: str, expected: tuple[tuple[str, ...], ...]
) -> None:
    assert columns(law_of(edges)) == expected


def test_unreachable_states_stand_in_a_column_of_their_own_at_the_end() -> None:
    assert columns(law_of("ab cb"))[-1] == ("c",)
