"""Past, now and future as one JSON object, for other tools."""

from reconciler.model import canonical
from reconciler.model.axis import Axis
from reconciler.model.instant import to_text
from reconciler.plan.codec import occurrence_to_json
from reconciler.views.resource_json import event_to_json


def render_json(axis: Axis) -> str:
    """All of it: the log's lines as `history` has them, what is to come as plan JSON has it."""
    return canonical.encode_pretty(
        {
            "now": to_text(axis.now),
            "since": to_text(axis.since),
            "until": to_text(axis.until),
            "past": [event_to_json(event) for event in axis.past],
            "future": [occurrence_to_json(one) for one in axis.future],
        }
    )
