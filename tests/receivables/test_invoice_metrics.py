"""What a daemon counts of invoices in campaigns, held against Prometheus' own taste. (I-21, I-24)"""

from prometheus_client import CollectorRegistry

from reconciler.controller.invoice_metrics import InvoiceMetrics
from reconciler.kinds.receivables.watching import watch_level
from reconciler.model.ports import Store
from tests.engine.test_work_metrics import surveyed
from tests.receivables.portfolio import NOW, Portfolio


def test_the_ratio_and_whether_an_alert_is_open(store: Store) -> None:
    """I-24: an alarm of one's own may ask for the same; nothing is said of nothing."""
    book, registry = Portfolio(store), CollectorRegistry()
    metrics = InvoiceMetrics(registry)
    assert surveyed(store, metrics, registry) == ["muster_in_campaign_alerts 0.0"]
    book.campaign("soft", "active")
    book.owe("I-1", "I-2", "I-3", "I-4")
    book.enrol("soft", "I-1", "I-2", "I-3")
    watch_level(store, NOW)
    assert set(surveyed(store, metrics, registry)) == {
        'muster_collectable_invoices{in_campaign="true"} 3.0',
        'muster_collectable_invoices{in_campaign="false"} 1.0',
        'muster_in_campaign_ratio{kind="ReceivablesCampaign"} 0.75',
        "muster_in_campaign_alerts 1.0",
    }
    book.owe("I-1", "I-2", "I-3", "I-4", status="paid")
    watch_level(store, NOW)
    assert surveyed(store, metrics, registry) == ["muster_in_campaign_alerts 0.0"]
