"""What doctor found, as text and JSON."""

from typing import Final

from reconciler.model import canonical
from reconciler.model.health import Health, Settled, Settlement
from reconciler.views.style import Style


def render_health(health: Health, settled: tuple[Settled, ...], color: bool) -> str:
    """The findings, then the verdict and the seal."""
    style = Style(color)
    lines = [settled_text(one, style) for one in settled]
    lines += [f"{style.bad('wrong')} {one.ref or 'log'}: {one.message}" for one in health.complaints]
    verdict = style.bad(f"{len(health.complaints)} complaints") if health.complaints else style.good("healthy")
    lines.append(f"{verdict}: {health.events:,} events, {health.resources:,} resources")
    lines.append(f"seal {health.seal}")
    return "\n".join(lines) + "\n"


_WORDS: Final = {
    Settlement.FINISHED: "finished",
    Settlement.UNDONE: "undone, nothing of it had happened",
    Settlement.OPEN: "left open",
}


def settled_text(one: Settled, style: Style) -> str:
    """What became of a step that was begun before."""
    why = f": {one.message}" if one.message else ""
    return f"{style.warn('unfinished')} {one.event} of {one.ref}: {_WORDS[one.settlement]}{why}"


def health_to_json(health: Health, settled: tuple[Settled, ...]) -> str:
    """The same, for other tools."""
    return canonical.encode_pretty(
        {
            "events": health.events,
            "resources": health.resources,
            "seal": health.seal,
            "complaints": [{"ref": one.ref, "message": one.message} for one in health.complaints],
            "settled": [
                {"ref": str(one.ref), "event": one.event, "settlement": one.settlement.value, "message": one.message}
                for one in settled
            ],
        }
    )
