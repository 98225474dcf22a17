"""What a daemon counts of invoices: how many could be collected, how many of them are in a campaign, whether an alert is open."""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from reconciler.model.ports import Store

_KIND: Final = "ReceivablesCampaign"


class InvoiceMetrics:
    """Gauges over the invoices; none of them is there while no invoice could be collected."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._invoices = Gauge(
            "muster_collectable_invoices",
            "Invoices that could be collected, by whether they are in an active campaign.",
            ["in_campaign"],
            registry=registry,
        )
        self._ratio = Gauge(
            "muster_in_campaign_ratio",
            "Of the invoices that could be collected, those in an active campaign.",
            ["kind"],
            registry=registry,
        )
        self._alerts = Gauge(
            "muster_in_campaign_alerts", "1 while too few invoices are in a campaign, else 0.", registry=registry
        )

    def survey(self, store: Store) -> None:
        """Count anew."""
        share = store.in_campaign.level()
        self._invoices.clear()
        self._ratio.clear()
        if share.whole:
            self._invoices.labels("true").set(share.part)
            self._invoices.labels("false").set(share.whole - share.part)
            self._ratio.labels(_KIND).set(share.part / share.whole)
        self._alerts.set(1 if store.in_campaign.open_alert() else 0)
