"""A receivables campaign as its manifest stands, against everything that its launch needs. (I-10 … I-18, I-27)

`muster receivables check` asks the same.
"""

from datetime import datetime
from typing import Final

from reconciler.controller.asking import ask_requires, wanted
from reconciler.controller.gather import Gatherer
from reconciler.kinds.receivables.checked import Checked
from reconciler.kinds.receivables.checklist import sampled_by, tests_of
from reconciler.kinds.receivables.runtime import ReceivablesRuntime
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library

ACTIVE: Final = "active"
_SETTINGS: Final = "NotificationSettings"


def launch_check(gatherer: Gatherer, runtime: ReceivablesRuntime, ref: Ref, now: datetime) -> Checked:
    """Its sample, its test and its whole checklist. Usage where no manifest describes it, Invalid where a file has errors."""
    library = gatherer.library
    needs = ask_requires(gatherer, now, wanted(gatherer, str(ref), ACTIVE))

    def lookup(one: Ref) -> Document | None:
        return library.documents([one]).get(one)

    document, around = library.documents([ref])[ref], runtime.around(lookup)
    try:
        sampled, trouble = sampled_by(document, around), ""
    except Permanent as error:
        sampled, trouble = None, str(error)
    return Checked(needs, sampled, tests_of(ref, document, around), support_of(library), trouble)


def support_of(library: Library) -> str:
    """Whom to ask where something is wrong (I-27); empty where the settings name nobody."""
    refs = sorted(ref for ref in library.catalog.manifests if ref.kind == _SETTINGS)
    said = (one.get("spec", {}).get("supportContact") for one in library.documents(refs).values())
    return next((str(one) for one in said if one), "")
