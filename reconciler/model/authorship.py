"""Which commit brought a manifest into its present form, and who made that commit."""

from reconciler.model.record import Record


class Authorship(Record, frozen=True):
    """The commit that last changed what a manifest says, not merely how its file looks; empty where nobody knows it.

    `author` is `Name <email>`, `authored` the author's date as UTC text.
    """

    commit: str = ""
    author: str = ""
    authored: str = ""
    uncommitted: bool = False
    """The checked-out tree says something that no commit says."""
    or_earlier: bool = False
    """The clone is shallow and its history ends at this commit: the change is of this one, or of one before it."""
