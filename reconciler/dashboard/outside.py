"""Pages for whoever is not known, or when it cannot be said who asks: they tell nothing of what is within."""

from dataclasses import dataclass

from reconciler.dashboard.access.ways import Ways
from reconciler.dashboard.render import Renderer
from reconciler.web.door import Answer, named

_TITLES = {
    401: "Sign in",
    403: "Not for you",
    404: "Nothing here",
    408: "Too slow",
    413: "Too much",
    429: "Wait a little",
    431: "Too long",
    500: "Something went wrong",
    503: "Try again",
}


@dataclass(frozen=True, slots=True)
class Outside:
    """Draws them."""

    renderer: Renderer

    def page(self, status: int, text: str, what: str = "", **headers: str) -> Answer:
        """A sentence. Implements `door.Says`."""
        title = _TITLES.get(status, "This did not work")
        drawn = self.renderer.render("outside.html", {"title": title, "text": text})
        return _html(status, drawn, what, named(headers))

    def enter(self, status: int, text: str, wanted: str, ways: Ways) -> Answer:
        """Where a token is asked for, if there are any; afterwards one goes on to `wanted`."""
        is_printed = any(token.is_printed for token in ways.tokens)
        shown = {"text": text, "wanted": wanted, "has_form": bool(ways.tokens), "is_printed": is_printed}
        drawn = self.renderer.render("enter.html", {"title": "Sign in", **shown})
        headers = {"WWW-Authenticate": 'Muster realm="dashboard"'} if status == 401 else {}
        return _html(status, drawn, "stranger", headers)


def _html(status: int, text: str, what: str, headers: dict[str, str]) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=utf-8", headers, what)
