"""The texts of a strategy, taken along to where no files are: into the job of each campaign that contacts accounts by it.

A text that is changed in its file is taken along anew by the next refresh; one that stands in its manifest holds at once.
"""

from typing import Final

from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.kinds.messaging.texts import Templates, packed, texts_of
from reconciler.model import canonical
from reconciler.model.ports import Store

TEXTS: Final = "texts"
"""Under which key of a job's package they are."""
STEPS: Final = "steps"
"""Under which key of it stands by which steps the positions of its accounts are counted."""


def pack(store: Store, shelf: Templates, uid: int, strategy: str) -> bool:
    """Take them along, where they differ from what was taken along before; whether they do.

    Permanent where a template, or a file of one, is not there.
    """
    _, document = shelf.document("Strategy", strategy)
    spec = StrategySpec.model_validate_json(canonical.encode(document.get("spec", {})))
    texts = packed(texts_of((step.template for step in spec.steps), shelf))
    package = store.ledger.package(uid)
    if package.get(TEXTS) == texts:
        return False
    store.ledger.pack(uid, {**package, TEXTS: texts})
    return True


def steps_of(strategy: StrategySpec) -> str:
    """What differs once a position is another step's. How long is waited, and how often tried, is no other step."""
    return canonical.digest([[step.channel, step.action, step.template, step.when] for step in strategy.steps])


def count_by(store: Store, uid: int, strategy: StrategySpec | None) -> None:
    """From here on the positions of a campaign's accounts are counted by these steps."""
    if strategy is not None:
        store.ledger.pack(uid, {**store.ledger.package(uid), STEPS: steps_of(strategy)})
