"""Label selectors, against what Kubernetes says of each form."""

import pytest

from reconciler.model.selector import parse_selector

LABELS = {"team": "growth", "tier": "1", "example.com/owner": "ana"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("team=growth", True), ("team==growth", True), ("team=brand", False), ("team!=brand", True),
        ("team!=growth", False), ("gone!=x", True), ("gone=x", False), ("team", True), ("!team", False), ("!gone", True),
        ("team in (growth, brand)", True), ("team in (brand)", False), ("team notin (brand)", True),
        ("team notin (growth,brand)", False), ("gone notin (x)", True), ("team=growth,tier=1", True),
        ("team=growth,tier=2", False), ("team in (growth,brand),tier!=2", True), ("example.com/owner=ana", True),
        (" team = growth , tier ", True), ("team=", False), ("gone=", False),
    ],
)  # fmt: skip
def test_a_selector_selects(text: str, fits: bool) -> None:
    assert parse_selector(text).accepts(LABELS) is fits


@pytest.mark.parametrize(
    "text", ["", " ", ",", "a=b,", ",a=b", "a=b,,c", "a=b)", "(a=b", "a in b", "a in ()", "a in (b", "a=b=c",
             "a b", "=b", "a=b c", "a=(b)", "a\n=b;"]
)  # fmt: skip
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a label selector"):
        parse_selector(text)
