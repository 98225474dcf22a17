"""The spec of an AccountSource: where debtor accounts are read from."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import (
    AtLeastOne,
    CelText,
    ColumnName,
    ColumnNames,
    ColumnTypes,
    Currency,
    SecretRef,
    Shape,
    Source,
    Text,
    cel,
)


class AccountSourceSpec(Shape):
    """Where debtor accounts are read from; every column of a row is `account.` for conditions and templates."""

    RULES = (AtLeastOne(("source", "apiKey")),)
    description: Text | None = Field(default=None, description="Which accounts it holds.")
    source: Source | None = Field(
        default=None, description="Where the rows come from; read when a campaign starts, by the daemon, and by `load`."
    )
    api_key: SecretRef | None = Field(
        default=None,
        description="Key with which your systems post accounts, and what happens with them; left out: none are taken.",
    )
    id: ColumnName = Field(default="id", description="Column that names an account, once and for ever.")
    columns: ColumnNames | None = Field(
        default=None, description="Columns whose names differ from those that conditions use, e.g. daysPastDue: dpd."
    )
    types: ColumnTypes | None = Field(
        default=None, description="What columns hold where it is neither text nor known, e.g. risk: double."
    )
    currency: Currency | None = Field(
        default=None, description="ISO 4217 code of rows without a currency of their own."
    )
    where: Annotated[CelText, cel("account", "now", "today")] | None = Field(
        default=None, description="CEL condition; other rows are left out for every campaign."
    )
