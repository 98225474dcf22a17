"""The spec of a RecipientList: where recipients are read from."""

from pydantic import Field

from reconciler.kinds.shape import ColumnName, ColumnTypes, Shape, Source, Text


class RecipientListSpec(Shape):
    """A list of recipients; every column of a row is a placeholder for templates and `contact.` for segments."""

    description: Text | None = Field(default=None, description="Who is on the list, and with what consent.")
    source: Source = Field(description="Where the rows come from; read at launch.")
    email: ColumnName = Field(default="email", description="Column that holds the address.")
    types: ColumnTypes | None = Field(
        default=None, description="What columns hold where it is not text, e.g. last_order: date."
    )
