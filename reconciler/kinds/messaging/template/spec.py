"""The spec of a Template: the text of a message, with its attachments."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import AtLeastOne, ContentPath, ContentText, HeaderText, Shape, Text

FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r'^[^/\\"\x00-\x1f\x7f\x85\u2028\u2029]*$')]
MediaType = Annotated[
    str, Field(max_length=127, pattern=r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$")
]
ContentId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")]


class Attachment(Shape):
    """A file that goes with the mail."""

    file: ContentPath = Field(description="File, relative to the manifest and inside its tree.")
    name: FileName | None = Field(default=None, description="Name that recipients see; left out: the file's.")
    type: MediaType | None = Field(
        default=None, description="Media type, e.g. application/pdf; left out: by the file's name."
    )
    content_id: ContentId | None = Field(default=None, description="Makes it an inline image: <img src='cid:…'>.")


class TemplateSpec(Shape):
    """The text of a message, as Jinja2: {{ placeholders }} are filled in for each recipient."""

    RULES = (AtLeastOne(("html", "text")),)
    description: Text | None = Field(default=None, description="What it is for.")
    subject: HeaderText | None = Field(default=None, description="Subject where the sender of the message names none.")
    preheader: HeaderText | None = Field(default=None, description="Preview text where the campaign names none.")
    html: ContentText | None = Field(default=None, description="HTML part of a mail.")
    text: ContentText | None = Field(
        default=None, description="Plain text: part of a mail, or the whole of another message."
    )
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = Field(
        default=(), description="Files in mails."
    )
