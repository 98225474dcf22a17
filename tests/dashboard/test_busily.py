"""What takes seconds is not done twice at once, and never by all threads."""

from contextlib import ExitStack

import pytest

from reconciler.dashboard.busily import MOST, Busily
from reconciler.model.errors import Busy
from reconciler.model.ref import Ref


def test_a_campaign_is_tried_once_at_a_time() -> None:
    busily, one = Busily(), Ref("EmailCampaign", "spring")
    with busily.alone(one), pytest.raises(Busy, match="EmailCampaign/spring@1 is being tested"), busily.alone(one):
        pass
    with busily.alone(one):
        """It is free again."""


def test_threads_are_left_for_those_who_only_look() -> None:
    busily = Busily()
    with ExitStack() as held:
        for number in range(MOST):
            held.enter_context(busily.alone(Ref("EmailCampaign", f"mailing-{number}")))
        with pytest.raises(Busy, match="wait for one of them"), busily.alone(Ref("EmailCampaign", "one-more")):
            pass
