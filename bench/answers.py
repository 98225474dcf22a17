"""What an answer to a visitor of a referral program costs beside a look into a dictionary, both from the same JSON, in turn.

python -m bench.answers [ANSWERS]     default 100000

A program of five campaigns, one in each state and two arms of a test; of the visitors one third are advocates, one third
friends who came before, and one third new ones. The dictionary has an answer for every visitor, made beforehand.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Literal

import msgspec

from bench.measure import in_turn
from reconciler.kinds.referral.answer import Answer, Program, Running, Visitor
from reconciler.kinds.referral.referral_campaign.spec import ReferralCampaignSpec
from reconciler.model.ref import Ref

ROUNDS = 5
PAUSED_AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
NOW = PAUSED_AT + timedelta(days=3)
_JOURNEY = '"journey": ["applied", "approved"], "inProgress": {"from": "applied", "cutoff": "2027-12-31"}'


class Arguments(msgspec.Struct):
    """What is asked, as it comes in."""

    role: Literal["advocate", "friend"]
    key: str
    campaign: str
    now: datetime
    accessed: datetime | None = None
    reached: dict[str, datetime] = {}


def program() -> Program:
    """The campaigns."""
    states = {"arm-a": "live", "arm-b": "live", "autumn": "paused", "summer": "ended", "spring": "stopped"}
    spec = ReferralCampaignSpec.model_validate_json('{"program": "friends", "weight": 50, ' + _JOURNEY + "}")
    return Program.of(Running(_ref(name), state, PAUSED_AT, spec, "America/New_York") for name, state in states.items())


def asked(count: int) -> list[bytes]:
    """So many questions, as JSON."""
    before = (PAUSED_AT - timedelta(days=1)).isoformat()
    known = f', "accessed": "{before}", "reached": {{"applied": "{before}"}}'
    campaigns = cycle(str(_ref(name)) for name in ("arm-a", "arm-b", "autumn", "summer", "spring"))
    visitors = cycle((("advocate", ""), ("friend", known), ("friend", "")))
    pairs = enumerate(islice(zip(visitors, campaigns, strict=False), count))
    return [
        f'{{"role": "{role}", "key": "advocate-{number}", "campaign": "{ref}", "now": "{NOW.isoformat()}"{more}}}'.encode()
        for number, ((role, more), ref) in pairs
    ]


def measure_answers(count: int = 100_000) -> tuple[float, float]:
    """Seconds of so many answers, and of as many looks into a dictionary."""
    prepared, questions = program(), asked(count)
    known = {(who.role, who.key): prepared.answer(who, now) for who, now in map(_read, questions)}

    def answered() -> float:
        return _timed(questions, prepared.answer)

    def looked_up() -> float:
        return _timed(questions, lambda who, _now: known[who.role, who.key])

    answers, looks = in_turn(ROUNDS, answered, looked_up)
    return answers, looks


def answer_rows(measured: tuple[float, float]) -> Iterator[str]:
    """The table of what answers cost."""
    answers, looks = measured
    yield "| answers of a referral program | against | seconds | ratio | promised |"
    yield "|---|---|---|---|---|"
    what = "100,000 answers to visitors, from JSON, pace"
    against = "looks into a dictionary, from the same JSON"
    yield f"| {what} | {against} | {answers:.3f} / {looks:.3f} | {looks / answers:.2f} | at least 0.33 |"
    yield ""


def _timed(questions: list[bytes], answer: Callable[[Visitor, datetime], Answer]) -> float:
    started = time.perf_counter()
    for question in questions:
        answer(*_read(question))
    return time.perf_counter() - started


_DECODE = msgspec.json.Decoder(Arguments).decode


def _read(question: bytes) -> tuple[Visitor, datetime]:
    said = _DECODE(question)
    return Visitor(said.role, said.key, Ref.canonical(said.campaign), said.accessed, said.reached), said.now


def _ref(name: str) -> Ref:
    return Ref("ReferralCampaign", name)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    ours, theirs = measure_answers(size)
    print(
        f"{size:,} answers {ours:.3f} s, looks {theirs:.3f} s: {theirs / ours:.2f} of the pace (promised: at least 0.33)"
    )
