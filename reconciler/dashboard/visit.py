"""One request of somebody who is known: what a page is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from reconciler.dashboard.premises import Premises
from reconciler.dashboard.refusals import Missing
from reconciler.dashboard.visitor import Visitor
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.web.door import Answer, Ask

_MOST_FIELDS = 200


@dataclass(frozen=True)
class Visit:
    """A request, who makes it, and what is at hand for the answer. `now` is one instant for the whole page."""

    ask: Ask
    store: Store
    visitor: Visitor
    premises: Premises
    now: datetime
    path: str = ""
    """The page's own path, as `Page.path` writes it."""
    more: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What an action says of itself, for the audit: what was done, or why it was not."""

    @cached_property
    def form(self) -> Mapping[str, tuple[str, ...]]:
        """The fields of the form that was sent, each with all its values."""
        try:
            found = _by_name(parse_qsl(self.ask.body.decode("utf-8", "replace"), True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            raise Usage(f"A form has at most {_MOST_FIELDS} fields.") from None
        if any("\0" in text for name, values in found.items() for text in (name, *values)):
            raise Usage("No field of a form has a NUL in it.")
        return found

    def sent(self, name: str) -> str:
        """A field of the form; empty where it is not there."""
        return next(iter(self.form.get(name, ())), "").strip()

    def asked(self, name: str) -> str:
        """What stands behind the question mark under this name; empty where nothing does."""
        return next(iter(self.all_asked(name)), "")

    def all_asked(self, name: str) -> tuple[str, ...]:
        """The same, where a name may stand there several times."""
        return tuple(value for key, value in self.ask.pairs if key == name and value)

    @property
    def ref(self) -> Ref:
        """The resource that the address names; its kind stands in the page's path where it is of one kind alone.

        Missing where it is none.
        """
        kind = self.ask.params.get("kind") or self.path.split("/")[2]
        try:
            return Ref.parse(f"{kind}/{self.ask.params['name']}")
        except ValueError as error:
            raise Missing(str(error)) from None

    def resource(self) -> Resource:
        """What is stored of it. Missing where nothing is."""
        found = self.store.load([self.ref]).get(self.ref)
        if found is None:
            raise Missing(f"The store knows no {self.ref}.")
        return found

    def show(self, template: str, /, status: int = 200, **data: Any) -> Answer:
        """The page that `template` makes of `data`; it is counted by the template's name."""
        shared = {"visitor": self.visitor, "now": self.now, "here": self.ask.path, "query": self.ask.query}
        # What a form was answered with is no page to ask for anew: it would take away what was typed, and what was wrong.
        shared["is_live"] = self.ask.method == "GET" and status == 200
        overlay = self.premises.app.project.overlay
        shared["environment"] = overlay.name if overlay else ""
        shared["is_closed"] = bool(self.store.closure())
        shared["said"] = self.premises.sayings.of(self.visitor.name, self.asked("said"))
        text = self.premises.renderer.render(template, shared | data)
        return Answer(status, text.encode(), "text/html; charset=utf-8", what=template.removesuffix(".html"))

    def note(self, text: str) -> None:
        """Have the audit say this of what was asked here."""
        self.notes.append(text)

    def done(self, path: str, text: str) -> Answer:
        """An action has succeeded: whoever sent it goes on at `path`, where `text` stands at the top; the audit has it too."""
        self.note(text)
        key = self.premises.sayings.keep(self.visitor.name, text)
        return self.to(f"{path}{'&' if '?' in path else '?'}said={key}")

    def to(self, path: str) -> Answer:
        """Whoever sent a form goes on here: a reload does not send it again."""
        return Answer(303, headers={"Location": path}, what="done")


def _by_name(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found
