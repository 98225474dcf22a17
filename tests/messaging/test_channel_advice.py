"""What Channels are advised: that an agent will not be called is known long before somebody is to be reached. (C-31)"""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reconciler.hooks.address import Standing, standing
from tests.world import World


@pytest.mark.parametrize(
    ("url", "is_advised"),
    [
        ("https://agent.example/sms", False),
        ("https://10.example.com/sms", False),
        ("https://8.8.8.8/sms", False),
        ("https://172.32.0.1/sms", False),
        ("https://100.128.0.1/sms", False),
        ("https://localhost.example/sms", False),
        ("https://agent.example/?to=127.0.0.1", False),
        ("https://[2a00:1450::1]/", False),
        ("http://agent.example/sms", True),
        ("http://127.0.0.1:9002/sms", True),
        ("https://localhost/sms", True),
        ("https://localhost:8443/sms", True),
        ("https://127.0.0.1", True),
        ("https://10.1.2.3:8443/sms", True),
        ("https://172.16.0.9/sms", True),
        ("https://172.31.255.1?x=1", True),
        ("https://192.168.1.7/sms", True),
        ("https://100.64.0.1/sms", True),
        ("https://[::1]:9002/sms", True),
        ("https://[fd00::1]/sms", True),
    ],
)
def test_an_agent_that_is_never_called_is_known_beforehand(tmp_path: Path, url: str, is_advised: bool) -> None:
    """A warning with a way out; and nothing where allowPrivate says that it may be called."""
    world = World(tmp_path)
    manifest = 'apiVersion: muster/v1\nkind: Channel\nmetadata: {name: sms}\nspec: {type: webhook, url: "%s"%s}\n'
    world.write("sms.yaml", manifest % (url, ""))
    answer = world.cli("validate")
    assert (answer.code, "its agent is never called" in answer.err) == (0, is_advised)
    world.write("sms.yaml", manifest % (url, ", allowPrivate: true"))
    assert "never called" not in world.cli("validate").err
    host = urlsplit(url).hostname or ""
    if host.replace(".", "").replace(":", "").isalnum() and url.startswith("https") and host[-1].isdecimal():
        assert (standing(host) is Standing.PRIVATE) is is_advised, "as it will be judged when it is called"
