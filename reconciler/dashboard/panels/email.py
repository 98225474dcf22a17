"""What an e-mail campaign shows: how far its sending has come, through what, and what came back. (E-16, E-25, E-48 to E-51)"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from reconciler.app import asked_rates
from reconciler.controller.progress import heard_of
from reconciler.dashboard.mail.figures import share, signs_of, told_of
from reconciler.dashboard.mail.lanes import lanes_of, pace_of, stages_of
from reconciler.dashboard.panel import Bar, Card, Panel, Section
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.model.ports import Store
from reconciler.model.progress import Progress
from reconciler.model.resource import Resource
from reconciler.model.returns import Sign
from reconciler.model.work import Phase, Stage
