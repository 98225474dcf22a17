"""What kinds advise the manifests of a catalog, without a store: what a plan says of those that change, of all of them."""

from datetime import datetime

from reconciler.controller.gather import finding
from reconciler.model.diagnostic import Diagnostic
from reconciler.plan.advice import Adviser
from reconciler.plan.guards import Interpreter
from reconciler.plan.question import Question, Triage
from reconciler.plan.references import Links
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds


def advised(library: Library, kinds: Kinds, links: Links, now: datetime) -> tuple[Diagnostic, ...]:
    """The advice that these manifests do not follow."""
    manifests, table = library.catalog.manifests, kinds.table
    refs = [ref for ref in manifests if table[ref.kind].lifecycle.advice]
    if not refs:
        return ()
    wanted = dict.fromkeys([*refs, *(link.target for ref in refs for link in links.of.get(ref, ()))])
    nothing = Triage((), 0, ())
    question = Question(table, manifests, links, {}, nothing, library.documents(wanted), {}, now)
    adviser = Adviser(Interpreter(question))
    return tuple(finding(one, library, table) for ref in refs for one in adviser.of(ref))
