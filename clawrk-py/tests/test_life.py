"""The life of a job."""

import json
from datetime import timezone

from clawrk import Engine

OUTPUT = "PostgreSQL, unless one file is all you want."


def test_a_job_goes_from_queued_to_verified(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    assert (job.status, job.sender, job.receiver) == ("queued", "ann", None)
    assert job.prompt == "Compare two databases"
    assert job.title and job.intent and job.criteria
    assert job.skill == "research"

    job = engine.accept_job("bob", job.id)
    assert (job.status, job.receiver) == ("accepted", "bob")

    job = engine.submit_output("bob", job.id, OUTPUT)
    assert (job.status, job.output, job.verification) == ("submitted", OUTPUT, None)

    job = engine.verify_job("ann", job.id)
    assert job.status == "verified"
    assert job.verification is not None
    assert job.verification.passed
    assert job.verification.reasoning
    assert isinstance(job.verification.scores, dict)

    assert engine.job("bob", job.id) == job
    assert engine.jobs("ann") == [job]
    assert engine.jobs("bob") == []


def test_a_short_output_is_rejected(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    engine.accept_job("bob", job.id)
    engine.submit_output("bob", job.id, "No.")
    job = engine.verify_job("ann", job.id)
    assert job.status == "rejected"
    assert job.verification is not None and not job.verification.passed


def test_without_output_the_skill_makes_it(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    engine.accept_job("bob", job.id)
    job = engine.submit_output("bob", job.id)
    assert job.status == "submitted"
    assert job.output


def test_a_job_is_taken_back_and_given_up(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    engine.accept_job("bob", job.id)
    job = engine.release_job("bob", job.id)
    assert (job.status, job.receiver) == ("queued", None)
    assert engine.cancel_job("ann", job.id).status == "cancelled"


def test_jobs_come_newest_first(engine: Engine) -> None:
    made = [engine.create_job("ann", f"job {number}").id for number in range(120)]
    assert [job.id for job in engine.jobs("ann")] == made[::-1]


def test_a_key_gives_the_first_answer_again(engine: Engine) -> None:
    first = engine.create_job("ann", "Compare two databases", idempotency_key="k-1")
    again = engine.create_job("ann", "Compare two databases", idempotency_key="k-1")
    assert again == first
    assert engine.jobs("ann") == [first]


def test_the_json_is_that_of_the_rest_api(engine: Engine) -> None:
    job = engine.create_job("ann", "Zähle die Fälle")
    told = json.loads(job.to_json())
    assert list(told) == [
        "id",
        "status",
        "prompt",
        "title",
        "intent",
        "skill",
        "criteria",
        "sender",
        "receiver",
        "output",
        "verification",
        "created_at",
        "updated_at",
    ]
    assert told["prompt"] == "Zähle die Fälle"
    assert job.created_at.tzinfo is timezone.utc
    instant = job.created_at.isoformat(timespec="milliseconds")
    assert told["created_at"] == instant.replace("+00:00", "Z")


def test_what_was_done_survives_closing(uri: str) -> None:
    with Engine.open(uri) as engine:
        job = engine.create_job("ann", "Compare two databases")
    with Engine.open(uri) as engine:
        assert engine.job("ann", job.id) == job
        assert engine.accept_job("bob", job.id).status == "accepted"
