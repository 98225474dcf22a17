"""What is to come: the plan of what the files ask for, and the calendar of what schedules and timers will do."""

from typing import Final

from reconciler.dashboard.outlook import calendar_page, plan_page

PAGES: Final = (*plan_page.PAGES, *calendar_page.PAGES)
