"""Why there is a reward, or none: the campaign that answered, each rule's verdict, and whether it is paid now."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.referral_portrait import Story
from reconciler.model.reward import Origin
from reconciler.views.rewards import row, sentence
from reconciler.views.style import Style, safe
from reconciler.views.table import short


def story_text(story: Story, color: bool) -> str:
    """In a few lines."""
    style = Style(color)
    return "\n".join([*_rewards(story, style), *_event(story, style), *_campaigns(story, style)]) + "\n"


def _rewards(story: Story, style: Style) -> Iterator[str]:
    for one in story.rewards:
        yield style.bold(sentence(one))
        if one.reward.origin is Origin.MAKEGOOD:
            yield f"  made good by {safe(str(one.reward.rule.get('by', '')))}: {safe(str(one.reward.rule.get('reason', '')))}"
        else:
            yield f"  earned by rule {safe(one.reward.key)}, payable from {short(one.reward.payable_at)}"


def _event(story: Story, style: Style) -> Iterator[str]:
    if story.taken is None:
        return
    event = story.taken.event
    yield f"event {safe(event.id)}: {safe(event.friend)} took {safe(event.event)} at {short(event.at)}"
    by: Mapping[str, Any] = event.verdicts[0] if event.verdicts else {}
    if not story.taken.is_first:
        yield "  this friend had taken this step before: nothing more is earned"
        return
    yield f"  {safe(str(by.get('campaign') or 'no campaign'))}: {safe(str(by.get('reason', '')))}"
    if event.code:
        yield f"  through the link {safe(event.code)}"
    fates = {one.reward.id: one.reward.fate.value for one in story.rewards}
    for each in event.verdicts[1:]:
        verdict = str(each["verdict"])
        if verdict == "earned" and fates.get(str(each["reward"])) == "denied":
            verdict = "denied"  # by its limit, which is counted when the event is kept
        mark = style.good("+") if verdict in ("earned", "review") else style.dim("-")
        reason = f": {safe(str(each['reason']))}" if each["reason"] else ""
        yield f"  {mark} {safe(str(each['rule']))}  {verdict}{reason}"


def _campaigns(story: Story, style: Style) -> Iterator[str]:
    for ref, (state, why) in sorted(story.campaigns.items()):
        yield f"{ref} is {state}: {style.bad(why) if why else 'it pays'}"


def story_json(story: Story) -> str:
    """The same as one object."""
    told: dict[str, Any] = {
        "rewards": [{**row(one), "key": one.reward.key, "rule": dict(one.reward.rule)} for one in story.rewards],
        "campaigns": {
            str(ref): {"state": state, "pays": not why, "reason": why}
            for ref, (state, why) in sorted(story.campaigns.items())
        },
    }
    if story.taken is not None:
        event = story.taken.event
        told["event"] = {
            "id": event.id,
            "friend": event.friend,
            "event": event.event,
            "at": to_text(event.at),
            "code": event.code,
            "first": story.taken.is_first,
            "answer": dict(event.verdicts[0]) if event.verdicts else {},
            "verdicts": [dict(one) for one in event.verdicts[1:]],
        }
    return canonical.encode_pretty(told)
