"""clawrk: a job exchange to embed.

A sender posts work in plain words, a receiver takes it and hands in output, the output is judged,
and credits and payouts stay right under concurrency, crashes and retries.

    from clawrk import Engine

    with Engine.open("sled:./data") as engine:
        job = engine.create_job("ann", "Compare two databases for a small shop")
        engine.accept_job("bob", job.id)
        engine.submit_output("bob", job.id, "PostgreSQL, unless one file is all you want.")
        print(engine.verify_job("ann", job.id).status)

:class:`Engine` waits for every answer, with the interpreter released; :class:`AsyncEngine` has the
same calls as awaitables. What a call can fail with is in :mod:`clawrk.errors`.
"""

from clawrk import errors
from clawrk._clawrk import AsyncEngine, CriterionVerdict, Engine, Job, Verification
from clawrk.errors import ClawrkError

__all__ = [
    "AsyncEngine",
    "ClawrkError",
    "CriterionVerdict",
    "Engine",
    "Job",
    "Verification",
    "errors",
]
