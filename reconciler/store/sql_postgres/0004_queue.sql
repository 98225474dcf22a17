-- What the tables of the engine's queue, which its package brings, were last brought up to. See store/postgres_queue.py.
-- Nothing in them is worth keeping: what they say is on offer in `lane` too.
CREATE TABLE queue (
    package TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL
);
