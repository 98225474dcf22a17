"""The text of a mail that has only html: readable, links kept. It is made from the template, once, placeholders and all."""

import html
import re
from typing import Final

from reconciler.mail.placeholders import spans

_WRITES, _STEERS, _CLOSE = "\ue001", "\ue002", "\ue003"
"""Around the number of a tag that writes something, and of one that writes nothing: `{% if … %}`, a comment."""

_TAG = re.compile(f"[{_WRITES}{_STEERS}]([0-9]+){_CLOSE}")
_STEERED = re.compile(f"(\n+)((?:{_STEERS}[0-9]+{_CLOSE})+)\n+")
_APART: Final = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"})
_BLOCKS: Final = _APART | frozenset(
    {
        "address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "figure", "footer", "form", "header", "li",
        "main", "nav", "section", "tbody", "tfoot", "thead", "tr",
    }
)  # fmt: skip
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_ELEMENT = re.compile(r"<(?:[!?][^<>]*|(/?)([A-Za-z][A-Za-z0-9:-]*)([^<>]*))>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile(r" {2,}")
_BREAKS = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")


def text_of(source: str) -> str:
    """A text template that says what the html template `source` says. Links follow their words: `our page (https://…)`."""
    bare = source.translate(dict.fromkeys(map(ord, (_WRITES, _STEERS, _CLOSE))))
    tags: list[str] = []
    covered, at = [], 0
    for start, end in spans(bare):
        mark = _WRITES if bare.startswith("{{", start) else _STEERS
        covered += [bare[at:start], f"{mark}{len(tags)}{_CLOSE}"]
        tags.append(bare[start:end])
        at = end
    reader = _Reader()
    reader.read("".join([*covered, bare[at:]]))
    text = _BREAKS.sub("\n", _SPACES.sub(" ", "".join(reader.parts)))
    text = _GAPS.sub("\n\n", _STEERED.sub(r"\1\2", text)).strip()
    return _TAG.sub(lambda tag: tags[int(tag[1])], text) + "\n"


class _Reader:
    """Gathers what is seen of an html text, in lines.

    Its scan looks at each sign once or twice: `html.parser` takes hours on 200 KB of `<a <a <a`.
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.unseen = 0
        self.link: tuple[str, int] | None = None  # links do not stand in one another

    def read(self, source: str) -> None:
        """Gather all of `source`. A comment that does not end takes the rest with it, as in browsers."""
        at = 0
        while at < len(source):
            begin = source.find("<", at)
            self._words(source[at : begin if begin >= 0 else len(source)])
            if begin < 0:
                return
            if source.startswith("<!--", begin):
                end = source.find("-->", begin + 4)
                at = end + 3 if end >= 0 else len(source)
                continue
            found = _ELEMENT.match(source, begin)
            if found is None:
                self._words("<")
            elif found[1]:
                self._end(found[2].lower())
            elif found[2]:
                self._start(found[2].lower(), found[3])
            at = found.end() if found else begin + 1

    def _start(self, tag: str, written: str) -> None:
        self.unseen += tag in _UNSEEN
        self._break(tag)
        match tag:
            case "br":
                self.parts.append("\n")
            case "hr":
                self.parts.append("\n\n---\n\n")
            case "li":
                self.parts.append("- ")
            case "td" | "th":
                self.parts.append(" ")
            case "img":
                self._words(_attribute(written, "alt"))
            case "a":
                self.link = (html.unescape(_attribute(written, "href")).strip(), len(self.parts))

    def _end(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in _UNSEEN))
        self._break(tag)
        if tag == "a" and self.link:
            (href, since), self.link = self.link, None
            words = "".join(self.parts[since:]).strip()
            if href and not href.startswith("#") and href not in (words, f"mailto:{words}", f"tel:{words}"):
                self.parts.append(f" ({href})" if words else href)

    def _words(self, written: str) -> None:
        if not self.unseen and written:
            self.parts.append(_SPACE.sub(" ", html.unescape(written)))

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS and not self.unseen:
            self.parts.append("\n\n" if tag in _APART else "\n")


def _attribute(written: str, name: str) -> str:
    for found in _ATTRIBUTE.finditer(written):
        if found[1].lower() == name:
            return found[2] or found[3] or found[4] or ""
    return ""
