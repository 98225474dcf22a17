"""Lanes of messages, worked on by the real engine against real servers, on every store."""

import json

from reconciler.model.work import Stage
from tests.hooks.servers import serving
from tests.messaging.desk import Desk
from tests.smtp_counter import smtp_counter


def test_a_message_goes_out_by_mail_and_by_webhook(desk: Desk) -> None:
    """I-01, C-31: one step by e-mail, another by the agent for sms."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        desk.post(desk.mail(), key="m-1")
        desk.post(desk.hook(agent.url, medium="sms"), key="m-2")
        desk.work()
    assert [one.recipient for one in post.taken] == ["ana@home.example"]
    assert b"Subject: Invoice INV-1" in post.taken[0].message
    assert json.loads(agent.requests[0].body)["message"]["text"] == "120.50 is open."
    assert desk.stages() == {Stage.SENT: 2}
    assert sorted(desk.told) == [
        ("begin", "m-1", "letters"),
        ("begin", "m-2", "sms"),
        ("settle", "m-1", "reached"),
        ("settle", "m-2", "reached"),
    ]
