"""Referral programs: which campaign answers whom from when on, who takes part, and what is owed."""

from typing import Final

from reconciler.dashboard.programs import pages, people, rewards

PAGES: Final = (*pages.PAGES, *people.PAGES, *rewards.PAGES)
