"""What doctor found, as text and JSON."""

from reconciler.controller.doctor import Health
from reconciler.controller.settle import Settled
from reconciler.model import canonical
from reconciler.views.style import Style


def render_health(health: Health, settled: tuple[Settled, ...], color: bool) -> str:
    """The findings, then the verdict and the seal."""
    style = Style(color)
    lines = [f"{style.warn(one.settlement)} {one.ref} {one.event} {one.message}".rstrip() for one in settled]
    lines += [f"{style.bad('wrong')} {one.ref or 'log'}: {one.message}" for one in health.complaints]
    verdict = style.bad(f"{len(health.complaints)} complaints") if health.complaints else style.good("healthy")
    lines.append(f"{verdict}: {health.events:,} events, {health.resources:,} resources")
    lines.append(f"seal {health.seal}")
    return "\n".join(lines) + "\n"


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
