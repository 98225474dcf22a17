"""Looking at work: how far that of a campaign, or of all of them, has come."""

from collections.abc import Iterable, Mapping

from reconciler.model.ports import AskedRate, Clock, Store
from reconciler.model.progress import Progress
from reconciler.model.ref import Ref
from reconciler.model.returns import Sign


def progress_of(store: Store, ref: Ref, clock: Clock, asked: Mapping[str, AskedRate]) -> Progress | None:
    """The work of a stored resource, with all that is known of it; None where it has none."""
    uid = store.ledger.uid(ref)
    now = store.time(clock.now())
    job = store.ledger.view(uid, now)
    if job is None:
        return None
    ask = asked.get(ref.kind)
    return Progress(job, now, heard_of(store, uid), ask(store, uid) if ask else None)


def heard_of(store: Store, uid: int) -> Mapping[Sign, tuple[int, int]]:
    """Of each sign, how often it was heard, and of how many units; bounces of those only that were sent."""
    found = dict(store.returns.tally(uid))
    if Sign.BOUNCED in found:
        times, units = found[Sign.BOUNCED]
        found[Sign.BOUNCED] = times, units - store.sums.refused(uid)
    return found


def progress_of_all(store: Store, refs: Iterable[Ref], clock: Clock) -> Mapping[Ref, Progress]:
    """The work of those resources that have any, in short: without what was heard of it."""
    wanted, now = frozenset(refs), store.time(clock.now())
    found = {job.ref: store.ledger.view(job.uid, now) for job in store.ledger.jobs() if job.ref in wanted}
    return {ref: Progress(job, now) for ref, job in found.items() if job is not None}
