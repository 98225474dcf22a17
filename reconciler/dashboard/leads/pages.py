"""The pages about leads."""

from reconciler.dashboard.leads import inbound, outdated, queue, releasing, undelivered

PAGES = (*inbound.PAGES, *queue.PAGES, *releasing.PAGES, *outdated.PAGES, *undelivered.PAGES)
