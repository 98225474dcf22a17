"""What every store keeps besides actual state and log: each concern at the one desk, for SQLite and PostgreSQL alike."""

from typing import TYPE_CHECKING

from reconciler.store.desk import Desk

if TYPE_CHECKING:
    from reconciler.store.accounts import SqlAccounts
    from reconciler.store.audit import SqlAudit
    from reconciler.store.campaign_tests import SqlCampaignTests
    from reconciler.store.collection_books import SqlCollectionBooks
    from reconciler.store.contact_cycles import SqlContactCycles
    from reconciler.store.contact_history import SqlContactHistory
    from reconciler.store.contact_queue import SqlContactQueue
    from reconciler.store.enrolments import SqlEnrolments
    from reconciler.store.in_campaign import SqlInCampaign
    from reconciler.store.invoices import SqlInvoices
    from reconciler.store.lead_bills import SqlLeadBills
    from reconciler.store.lead_books import SqlLeadBooks
    from reconciler.store.lead_intake import SqlLeadIntake
    from reconciler.store.lead_sales import SqlLeadSales
    from reconciler.store.ledger import SqlLedger
    from reconciler.store.listing import SqlListing
    from reconciler.store.referral import SqlReferral
    from reconciler.store.returns import SqlReturns
    from reconciler.store.rewards import SqlRewards
    from reconciler.store.sums import SqlSums


class Concerns:
    """The concerns of `ports.Store`. Each is loaded when it is first asked for: a plan may need none."""

    @property
    def _desk(self) -> Desk:
        """Where they are asked and written; a store says it."""
        raise NotImplementedError

    @property
    def ledger(self) -> "SqlLedger":
        """See `ports.Store`."""
        from reconciler.store.ledger import SqlLedger

        return SqlLedger(self._desk)

    @property
    def returns(self) -> "SqlReturns":
        """See `ports.Store`."""
        from reconciler.store.returns import SqlReturns

        return SqlReturns(self._desk)

    @property
    def sums(self) -> "SqlSums":
        """See `ports.Store`."""
        from reconciler.store.sums import SqlSums

        return SqlSums(self._desk)

    @property
    def lead_intake(self) -> "SqlLeadIntake":
        """See `ports.Store`."""
        from reconciler.store.lead_intake import SqlLeadIntake

        return SqlLeadIntake(self._desk)

    @property
    def lead_books(self) -> "SqlLeadBooks":
        """See `ports.Store`."""
        from reconciler.store.lead_books import SqlLeadBooks

        return SqlLeadBooks(self._desk)

    @property
    def lead_bills(self) -> "SqlLeadBills":
        """See `ports.Store`."""
        from reconciler.store.lead_bills import SqlLeadBills

        return SqlLeadBills(self._desk)

    @property
    def lead_sales(self) -> "SqlLeadSales":
        """See `ports.Store`."""
        from reconciler.store.lead_sales import SqlLeadSales

        return SqlLeadSales(self._desk)

    @property
    def referral(self) -> "SqlReferral":
        """See `ports.Store`."""
        from reconciler.store.referral import SqlReferral

        return SqlReferral(self._desk)

    @property
    def rewards(self) -> "SqlRewards":
        """See `ports.Store`."""
        from reconciler.store.rewards import SqlRewards

        return SqlRewards(self._desk)

    @property
    def invoices(self) -> "SqlInvoices":
        """See `ports.Store`."""
        from reconciler.store.invoices import SqlInvoices

        return SqlInvoices(self._desk)

    @property
    def enrolments(self) -> "SqlEnrolments":
        """See `ports.Store`."""
        from reconciler.store.enrolments import SqlEnrolments

        return SqlEnrolments(self._desk)

    @property
    def in_campaign(self) -> "SqlInCampaign":
        """See `ports.Store`."""
        from reconciler.store.in_campaign import SqlInCampaign

        return SqlInCampaign(self._desk)

    @property
    def campaign_tests(self) -> "SqlCampaignTests":
        """See `ports.Store`."""
        from reconciler.store.campaign_tests import SqlCampaignTests

        return SqlCampaignTests(self._desk)

    @property
    def accounts(self) -> "SqlAccounts":
        """See `ports.Store`."""
        from reconciler.store.accounts import SqlAccounts

        return SqlAccounts(self._desk)

    @property
    def contact_queue(self) -> "SqlContactQueue":
        """See `ports.Store`."""
        from reconciler.store.contact_queue import SqlContactQueue

        return SqlContactQueue(self._desk)

    @property
    def contact_cycles(self) -> "SqlContactCycles":
        """See `ports.Store`."""
        from reconciler.store.contact_cycles import SqlContactCycles

        return SqlContactCycles(self._desk)

    @property
    def contact_history(self) -> "SqlContactHistory":
        """See `ports.Store`."""
        from reconciler.store.contact_history import SqlContactHistory

        return SqlContactHistory(self._desk)

    @property
    def collection_books(self) -> "SqlCollectionBooks":
        """See `ports.Store`."""
        from reconciler.store.collection_books import SqlCollectionBooks

        return SqlCollectionBooks(self._desk)

    @property
    def audit(self) -> "SqlAudit":
        """See `ports.Store`."""
        from reconciler.store.audit import SqlAudit

        return SqlAudit(self._desk)

    @property
    def listing(self) -> "SqlListing":
        """See `ports.Store`."""
        from reconciler.store.listing import SqlListing

        return SqlListing(self._desk)
