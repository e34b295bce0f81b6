"""The same exchange under asyncio."""

import asyncio

import pytest

from clawrk import AsyncEngine, errors

OUTPUT = "PostgreSQL, unless one file is all you want."


def test_a_whole_life() -> None:
    async def life() -> list[str]:
        async with await AsyncEngine.open("memory:") as engine:
            job = await engine.create_job("ann", "Compare two databases")
            seen = [job.status]
            seen.append((await engine.accept_job("bob", job.id)).status)
            seen.append((await engine.submit_output("bob", job.id, OUTPUT)).status)
            seen.append((await engine.verify_job("ann", job.id)).status)
            assert await engine.jobs("ann") == [await engine.job("ann", job.id)]
            return seen

    assert asyncio.run(life()) == ["queued", "accepted", "submitted", "verified"]


def test_a_refusal_is_raised_where_it_is_awaited() -> None:
    async def refused() -> None:
        async with await AsyncEngine.open("memory:") as engine:
            call = engine.create_job("ann", " ")
            with pytest.raises(errors.InvalidRequest, match="prompt"):
                await call

    asyncio.run(refused())


def test_many_at_once() -> None:
    async def race() -> list[object]:
        async with await AsyncEngine.open("memory:") as engine:
            job = await engine.create_job("ann", "Compare two databases")
            calls = (engine.accept_job(f"bob{number}", job.id) for number in range(64))
            return list(await asyncio.gather(*calls, return_exceptions=True))

    answers = asyncio.run(race())
    assert sum(isinstance(answer, errors.WrongStatus) for answer in answers) == 63


def test_cancelling_ends_the_waiting_and_not_the_command() -> None:
    async def posted(engine: AsyncEngine) -> int:
        while not (jobs := await engine.jobs("ann")):
            pass
        return len(jobs)

    async def cancelled() -> None:
        async with await AsyncEngine.open("memory:") as engine:
            call = asyncio.ensure_future(engine.create_job("ann", "Compare two databases"))
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.wait_for(posted(engine), timeout=60) == 1

    asyncio.run(cancelled())


def test_without_a_loop_nothing_begins() -> None:
    async def opened() -> AsyncEngine:
        return await AsyncEngine.open("memory:")

    engine = asyncio.run(opened())
    with pytest.raises(RuntimeError, match="no running event loop"):
        engine.create_job("ann", "Compare two databases")

    async def jobs() -> int:
        return len(await engine.jobs("ann"))

    assert asyncio.run(jobs()) == 0


def test_after_closing_every_call_is_refused() -> None:
    async def closed() -> None:
        engine = await AsyncEngine.open("memory:")
        await engine.close()
        await engine.close()
        with pytest.raises(errors.Unavailable, match="closed"):
            await engine.jobs("ann")

    asyncio.run(closed())


def test_a_uri_that_names_no_store_is_refused() -> None:
    async def refused() -> None:
        with pytest.raises(errors.InvalidRequest):
            await AsyncEngine.open("nosuch:./data")

    asyncio.run(refused())
