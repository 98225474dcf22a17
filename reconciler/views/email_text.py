"""What `muster email` says to people."""

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.kinds.email.estimate import Estimate
from reconciler.kinds.email.explain import Explanation, Finding
from reconciler.kinds.email.recipients import Located, Resolution
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.model.work import Doubt
from reconciler.views.style import Style, safe

_SHOWN: Final = 10
"""Faults told in full; the JSON has more."""
_ROLES: Final = {"include": "in", "exclude": "out", "suppress": "out", "standing": "out"}


def render_estimate(ref: Ref, found: Estimate, color: bool) -> str:
    """How many recipients, whence, without whom and through what."""
    style, what = Style(color), found.resolution
    if what.broken:
        head = f"{ref}: {style.bad('unknown')}, a list cannot be read whole"
    else:
        head = f"{ref}: {style.bold(_many(what.total))}{_through(found)}"
    return "\n".join([head, *_numbers(what, style), *_faults(what, style)]) + "\n"


def _through(found: Estimate) -> str:
    """`: 2,449 by relay-a, 1,050 by relay-b`."""
    parts = ", ".join(f"{count:,} by {name}" for name, count in found.connections.items())
    return f": {parts}" if parts else ""


def _numbers(what: Resolution, style: Style) -> Iterator[str]:
    for one in what.reached:
        sign = "-" if one.role != "include" else "+"
        yield f"  {sign} {one.ref}  {one.rows:,} row{'s' if one.rows != 1 else ''}"
    if what.duplicates:
        yield f"  {style.dim('duplicates')}  {what.duplicates:,}"
    for reason, count in what.removed.items():
        yield f"  {style.dim('left out')}  {count:,} {reason}"


def _faults(what: Resolution, style: Style) -> Iterator[str]:
    for (ref, code), count in what.counts.items():
        yield f"  {style.warn(code)}  {count:,} in {ref}"
    shown = list(dict.fromkeys((*what.broken, *what.faults)))
    for located in shown[:_SHOWN]:
        yield f"    {_fault(located)}"
    told = sum(what.counts.values())
    if told > _SHOWN:
        yield style.dim(f"    … and {told - _SHOWN:,} more")


def _fault(located: Located) -> str:
    fault = located.fault
    place = f"{located.ref}:{fault.line}" if fault.line else located.ref
    return f"{place}  {safe(fault.detail)}; {safe(fault.help)}"


def render_explanation(ref: Ref, found: Explanation, color: bool) -> str:
    """Whether it is reached, what decides that, and everything else that names the address."""
    style = Style(color)
    if found.broken:
        answer = f"{style.bad('nobody')} would get it: a list cannot be read whole"
    elif found.is_reached:
        answer = f"{style.good('in')}, by {_by(found.decided_by)}"
    else:
        by = f", by {_by(found.decided_by)}" if found.decided_by else ": no list or segment that it includes has it"
        answer = f"{style.warn('out')}{by}"
    lines = [f"{safe(found.key)} and {ref}: {answer}"]
    lines += [f"  {_finding(one, style)}" for one in found.findings]
    lines += [f"  {style.bad('broken')}  {_fault(one)}" for one in found.broken[:_SHOWN]]
    return "\n".join(lines) + "\n"


def _by(one: Finding | None) -> str:
    return safe(one.ref) if one else "nothing"


def _finding(one: Finding, style: Style) -> str:
    if one.counts:
        lines = f"  line {', '.join(map(str, one.lines))}" if one.lines else ""
        return f"{_ROLES[one.role]}  {one.role} {safe(one.ref)}{lines}"
    why = f"on line {', '.join(map(str, one.lines))}, but {safe(one.unmet)}" if one.lines else "not there"
    return style.dim(f"-   {one.role} {safe(one.ref)}  {why}")


def render_doubts(ref: Ref, state: str, found: Sequence[Doubt]) -> str:
    """Who is in doubt, since when, through what, and what was last heard."""
    if not found:
        return f"{ref} is {state}; nobody is in doubt.\n"
    head = f"{ref} is {state}; {_many(len(found))} may or may not have got it:"
    return "\n".join([head, *(f"  {_doubt(one)}" for one in found)]) + "\n"


def _doubt(one: Doubt) -> str:
    said = one.answer.get("text") or one.answer.get("error") or "the worker was gone before it said"
    return f"{safe(one.key)}  {to_text(one.at)[:19]}Z  {safe(one.via)}  {safe(str(said))}"


def _many(count: int) -> str:
    return f"{count:,} recipient{'s' if count != 1 else ''}"
