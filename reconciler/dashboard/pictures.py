"""The style of pictures that stand in pages: each within a figure of its own, so that none paints another."""

from typing import Final

from reconciler.dashboard.charts import STYLE as CHART
from reconciler.lifecycle.draw_present import PRESENT_STYLE
from reconciler.lifecycle.draw_svg import STYLE as LIFECYCLE
from reconciler.views.email_report_svg import STYLE as REPORT
from reconciler.views.timeline_svg import STYLE as TIMELINE

_NAMED: Final = (
    ("chart", CHART),
    ("lifecycle", LIFECYCLE + PRESENT_STYLE),
    ("report", REPORT),
    ("timeline", TIMELINE),
)
STYLES: Final = "\n".join(f".picture.{name} {{\n{style}\n.page {{ fill: none }}\n}}" for name, style in _NAMED)
"""By the class of the figure: `<figure class="picture lifecycle">{{ svg | picture }}</figure>`. The page shines through."""
