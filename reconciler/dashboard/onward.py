"""Addresses that go on from a page: the same page with something else behind its question mark."""

from urllib.parse import urlencode

from reconciler.dashboard.visit import Visit

PAGE = 50
"""Rows that a page shows."""


def onward(visit: Visit, **changes: str) -> str:
    """This page with these values behind the question mark instead, without those that are empty.

    What was said once, of an action, is not said again.
    """
    kept = [(key, value) for key, value in visit.ask.pairs if key not in changes and key != "said"]
    asked = [(key, value) for key, value in (*kept, *changes.items()) if value]
    return visit.ask.path + (f"?{urlencode(asked)}" if asked else "")
