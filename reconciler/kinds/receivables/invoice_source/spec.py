"""The spec of an InvoiceSource: where invoices are read from."""

from pydantic import Field

from reconciler.kinds.shape import (
    AtLeastOne,
    ColumnName,
    ColumnNames,
    ColumnTypes,
    Currency,
    SecretRef,
    Shape,
    Source,
    Text,
)


class InvoiceSourceSpec(Shape):
    """Where invoices are read from; every column of a row is `invoice.` for rules and templates."""

    RULES = (AtLeastOne(("source", "apiKey")),)
    description: Text | None = Field(default=None, description="Which invoices it holds.")
    source: Source | None = Field(
        default=None, description="Where the rows come from; read when a campaign starts, by the daemon, and by `load`."
    )
    api_key: SecretRef | None = Field(
        default=None, description="Key with which your systems post invoices over HTTP; left out: none are taken."
    )
    id: ColumnName = Field(default="id", description="Column that names an invoice, once and for ever.")
    columns: ColumnNames | None = Field(
        default=None, description="Columns whose names differ from those that rules use, e.g. amountDue: open_amount."
    )
    types: ColumnTypes | None = Field(
        default=None, description="What columns hold where it is neither text nor known, e.g. risk: double."
    )
    currency: Currency | None = Field(
        default=None, description="ISO 4217 code of rows without a currency of their own."
    )
