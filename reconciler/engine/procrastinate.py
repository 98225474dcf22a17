"""The engine of many machines: a lane on offer becomes a job of procrastinate's queue, in the store's own database.

The one door to that library. Its queue is a bell, not a memory: a job that is lost is offered again by the next look, one
that comes twice finds the lane taken. Its worker ends when the server goes away; it is started again until it is told to stop.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import procrastinate
from procrastinate import exceptions, jobs
from procrastinate.worker import Worker

from reconciler.engine.hands import Hands
from reconciler.model.errors import MusterError
from reconciler.model.ref import Ref
from reconciler.model.told import Told
from reconciler.model.work import Offer
from reconciler.store.postgres_errors import without_secrets
from reconciler.store.postgres_migrate import bring_queue_up_to_date
from reconciler.store.postgres_session import complete

QUEUE: Final = "muster"
TASK: Final = "run_lane"
SWEEP: Final = "* * * * *"
"""When jobs of workers who are gone are swept away, as cron says it: every minute."""
POLL: Final = 1.0
"""Seconds after which the queue is asked, should a notice have been lost."""
PATIENCE: Final = 5.0
"""Seconds that handing in offers may take, and one question to the queue; what takes longer is given up."""
BACK_OFF: Final = (0.1, 5.0)
"""Seconds until the queue is tried again after it was lost: the first time, and at most."""


@dataclass(slots=True)
class Procrastinate:
    """Implements `port.Engine`, on the database at `url`."""

    url: str
    say: Told
    _hands: Hands | None = None
    _app: procrastinate.App | None = None
    """The queue, while it can be had."""
    _worker: Worker | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    def submit(self, offers: Sequence[Offer]) -> None:
        """See `port.Engine`."""
        handing_in = asyncio.run_coroutine_threadsafe(self._hand_in(offers), self._loop)
        # What goes wrong here goes wrong for the worker too, and is said there.
        with suppress(exceptions.ProcrastinateException, TimeoutError):
            handing_in.result(PATIENCE)
        handing_in.cancel()

    @contextmanager
    def serve(self, hands: Hands) -> Iterator[None]:
        """See `port.Engine`."""
        self._hands = hands
        thread = threading.Thread(target=self._run, name="queue", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._ending.set)
        while thread.is_alive():
            thread.join(0.1)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # What it logs is for its own operators, and may quote what it was given; what matters is said in our words.
        for name in ("procrastinate", "psycopg"):
            logging.getLogger(name).addHandler(logging.NullHandler())
            logging.getLogger(name).propagate = False
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._loop.run_until_complete(self._supervise())
        # The pool's own tasks may take the first word for the failure of a connection, and go on.
        for _ in range(10):
            if left := asyncio.all_tasks(self._loop):
                for task in left:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(left, timeout=0.1))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _supervise(self) -> None:
        """A worker, and another one after it was lost, until the end."""
        pause, most = BACK_OFF
        ending = asyncio.create_task(self._ending.wait())
        while not self._ending.is_set():
            began = self._loop.time()
            working = asyncio.create_task(self._work())
            await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
            while not working.done():
                await self._end(working)
            if self._ending.is_set():
                return
            self.say("the queue was lost; it is tried again", error=self._words(working.exception()))
            pause = BACK_OFF[0] if self._loop.time() - began > most else min(2 * pause, most)
            await asyncio.wait({ending}, timeout=pause)

    async def _end(self, working: "asyncio.Task[None]") -> None:
        """Have a worker finish what it has begun. Said again and again, for what it does first may not hear it."""
        if self._worker is None:
            working.cancel()
        else:
            self._worker.stop()
        await asyncio.wait({working}, timeout=0.1)

    async def _work(self) -> None:
        """Take jobs out of the queue until stopped, or the server is lost."""
        await asyncio.to_thread(bring_queue_up_to_date, self.url)
        assert self._hands is not None
        app = self._opened_by(self._hands)
        try:
            async with app.open_async():
                self._app = app
                self._worker = Worker(
                    app, [QUEUE], concurrency=self._hands.count, fetch_job_polling_interval=POLL,
                    delete_jobs="always", install_signal_handlers=False,
                )  # fmt: skip
                await self._worker.run()
        finally:
            self._app = self._worker = None

    def _opened_by(self, hands: Hands) -> procrastinate.App:
        """The queue as we use it."""
        connector = procrastinate.PsycopgConnector(
            conninfo=complete(self.url), min_size=1, max_size=2, timeout=PATIENCE
        )
        app = procrastinate.App(connector=connector)

        async def run_lane(uid: int, number: int, ref: str, via: str, owner: str) -> None:
            await asyncio.wrap_future(hands.give(Offer(uid, number, Ref.canonical(ref), via, owner)))

        async def sweep(timestamp: int) -> None:
            for job in await app.job_manager.get_stalled_jobs(queue=QUEUE):
                await app.job_manager.finish_job(job, status=jobs.Status.FAILED, delete_job=True)

        app.task(name=TASK, queue=QUEUE)(run_lane)
        # One that is due again and again also keeps the worker watching its own connections: without any it stops to.
        app.periodic(cron=SWEEP)(app.task(name="sweep", queue=QUEUE, queueing_lock="sweep")(sweep))
        return app

    async def _hand_in(self, offers: Sequence[Offer]) -> None:
        """Each lane as a job, unless one is waiting for it already."""
        app = self._app
        if app is None:
            return
        waiting = {job.queueing_lock for job in await app.job_manager.list_jobs_async(queue=QUEUE, status="todo")}
        for offer in offers:
            lock = f"{offer.uid}:{offer.number}"
            if lock not in waiting:
                what: dict[str, Any] = {"ref": str(offer.ref), "via": offer.via, "owner": offer.owner}
                deferrer = app.configure_task(TASK, queue=QUEUE, queueing_lock=lock)
                with suppress(exceptions.AlreadyEnqueued):
                    await deferrer.defer_async(uid=offer.uid, number=offer.number, **what)

    def _words(self, answer: object) -> str:
        """Why the worker has ended, without a secret in it."""
        if isinstance(answer, MusterError):
            return str(answer)
        cause = answer.__cause__ or answer if isinstance(answer, BaseException) else "its connection was lost"
        return without_secrets(str(cause), self.url)
