"""A campaign's hours as a picture: mails sent, opened and clicked, for documents that people send each other."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from reconciler.kinds.email.report import Counts, Report
from reconciler.model.returns import Sign
from reconciler.views.style import safe

_MOST: Final = 168
"""Hours that are drawn: a week of them."""
_HEIGHT: Final = 160
_TOP: Final = 70
_STEP: Final = 14
_LEFT: Final = 20
_COLORS: Final = (("sent", "#7aa6c2"), ("opened", "#4f9d69"), ("clicked", "#d08c2e"))
STYLE: Final = "text{font:12px sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}.dim{fill:#777}"


def report_to_svg(one: Report) -> str:
    """Three bars an hour, as high as their numbers; each tells them where a pointer rests on it."""
    shown = one.hours[:_MOST]
    width = max(_LEFT * 2 + len(shown) * _STEP, 520)
    most = max((number for _, counts in shown for number in _numbers(counts)), default=0) or 1
    about = one.campaign
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_TOP + _HEIGHT + 40}" role="img">',
        f"<title>{_x(str(about.ref))}</title><style>{STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="24">{_x(str(about.ref))}, {_x(about.state)}</text>',
        f'<text class="dim" x="{_LEFT}" y="44">{one.counts.sent:,} of {one.counts.total:,} mails sent; '
        f"highest bar {most:,}; hours of {_x(about.zone)}</text>",
        *_legend(width),
    ]
    for index, (at, counts) in enumerate(shown):
        label = f"{at:%Y-%m-%d %H:%M}"
        lines += _hour(_LEFT + index * _STEP, label, _numbers(counts), most)
        if at.hour == 0 or not index:
            lines.append(f'<text class="dim" x="{_LEFT + index * _STEP}" y="{_TOP + _HEIGHT + 18}">{at:%m-%d}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _numbers(counts: Counts) -> tuple[int, int, int]:
    return counts.sent, counts.heard(Sign.OPENED), counts.heard(Sign.CLICKED)


def _hour(x: int, label: str, numbers: tuple[int, int, int], most: int) -> Iterator[str]:
    for place, ((name, color), number) in enumerate(zip(_COLORS, numbers, strict=True)):
        high = number * _HEIGHT / most
        if number:
            yield (
                f'<rect x="{x + place * 4}" y="{_TOP + _HEIGHT - high:.1f}" width="4" height="{high:.1f}" fill="{color}">'
                f"<title>{label}: {number:,} {name}</title></rect>"
            )


def _legend(width: int) -> Iterator[str]:
    for place, (name, color) in enumerate(_COLORS):
        x = width - 240 + place * 78
        yield f'<rect x="{x}" y="14" width="10" height="10" fill="{color}"/><text x="{x + 14}" y="23">{name}</text>'


def _x(text: str) -> str:
    return escape(safe(text))
