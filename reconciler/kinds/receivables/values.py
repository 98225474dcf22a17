"""What templates and agents see of an invoice in a campaign, beside the contact: `invoice`, `campaign` and `step`."""

from collections.abc import Mapping
from typing import Any


def step_values(invoice: Mapping[str, Any], campaign: tuple[str, str], step: tuple[int, int]) -> Mapping[str, Any]:
    """`invoice` is as `seen.invoice_told` gives it; a campaign is its name and title, a step its number, from 1, and day."""
    return {
        "invoice": invoice,
        "campaign": {"name": campaign[0], "title": campaign[1]},
        "step": {"number": step[0], "day": step[1]},
    }
