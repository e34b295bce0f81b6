"""Refusals and failures."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from clawrk import ClawrkError, Engine, errors


def test_every_name_is_importable_and_in_one_tree() -> None:
    for name in errors.__all__:
        if name == "Retry":
            continue
        kind = getattr(errors, name)
        assert issubclass(kind, ClawrkError)
        assert (kind.__module__, kind.__qualname__) == ("clawrk.errors", name)
        assert kind.__doc__


def test_a_refusal_says_which_why_and_what_next(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    with pytest.raises(errors.WrongStatus) as caught:
        engine.submit_output("bob", job.id, "early")
    assert caught.value.code == "wrong_status"
    assert caught.value.retry == "after_change"
    assert "queued" in caught.value.text
    assert str(caught.value) == caught.value.text
    assert engine.job("ann", job.id) == job


def test_the_wrong_person_is_refused(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    engine.accept_job("bob", job.id)
    with pytest.raises(errors.Forbidden) as caught:
        engine.submit_output("eve", job.id, "mine")
    assert caught.value.code == "not_receiver"
    with pytest.raises(errors.NotFound) as hidden:
        engine.job("eve", job.id)
    with pytest.raises(errors.NotFound) as unknown:
        engine.job("eve", "0" * 26)
    assert hidden.value.text == unknown.value.text


@pytest.mark.parametrize("job_id", ["", "no/such", "\0", "ü" * 10_000])
def test_what_cannot_be_an_id_is_not_found(engine: Engine, job_id: str) -> None:
    with pytest.raises(errors.NotFound):
        engine.accept_job("bob", job_id)
    with pytest.raises(LookupError):
        engine.job("bob", job_id)


@pytest.mark.parametrize("prompt", ["", " \t\n", "a\0b"])
def test_a_prompt_that_cannot_be_used_is_named(engine: Engine, prompt: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="prompt") as caught:
        engine.create_job("ann", prompt)
    assert isinstance(caught.value, ValueError)
    assert engine.jobs("ann") == []


def test_a_long_prompt_is_too_large(engine: Engine) -> None:
    with pytest.raises(errors.TooLarge, match="32768"):
        engine.create_job("ann", "x" * 32_769)


@pytest.mark.parametrize("user", ["", "a\nb", "x" * 256])
def test_a_user_that_cannot_be_one_is_named(engine: Engine, user: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="user"):
        engine.create_job(user, "Compare two databases")


def test_a_key_for_another_request_is_a_conflict(engine: Engine) -> None:
    engine.create_job("ann", "one", idempotency_key="k-1")
    with pytest.raises(errors.Conflict) as caught:
        engine.create_job("ann", "two", idempotency_key="k-1")
    assert caught.value.code == "idempotency_key_reused"
    with pytest.raises(errors.InvalidRequest):
        engine.create_job("ann", "one", idempotency_key="not one word")


@pytest.mark.parametrize("wrong", [None, 1, b"ann", ["ann"], object()])
def test_other_types_are_refused(engine: Engine, wrong: Any) -> None:
    with pytest.raises(TypeError):
        engine.create_job(wrong, "Compare two databases")
    with pytest.raises(TypeError):
        engine.create_job("ann", wrong)
    with pytest.raises(TypeError):
        engine.job("ann", wrong)


def test_a_lone_surrogate_is_refused(engine: Engine) -> None:
    with pytest.raises(UnicodeEncodeError):
        engine.create_job("ann", "\ud800")


def test_an_exchange_comes_from_open_alone() -> None:
    with pytest.raises(TypeError):
        Engine()


def test_errors_can_be_pickled(engine: Engine) -> None:
    with pytest.raises(errors.NotFound) as caught:
        engine.job("ann", "nothing")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is errors.NotFound
    assert (copy.code, copy.retry, copy.text) == ("job_not_found", "never", str(caught.value))


def test_after_closing_every_call_is_refused(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")
    engine.close()
    engine.close()
    with pytest.raises(errors.Unavailable, match="closed"):
        engine.create_job("ann", "again")
    with pytest.raises(errors.Unavailable, match="closed"):
        engine.accept_job("bob", job.id)
    with pytest.raises(errors.Unavailable, match="closed"):
        engine.job("ann", job.id)
    with pytest.raises(errors.Unavailable, match="closed"):
        engine.jobs("ann")


@pytest.mark.parametrize("uri", ["", "data", "nosuch:./data", "sled:", "memory"])
def test_a_uri_that_names_no_store_is_refused(uri: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        Engine.open(uri)


def test_a_folder_in_use_is_refused(uri: str) -> None:
    with Engine.open(uri) as engine:
        with pytest.raises(ClawrkError, match="lock|use"):
            Engine.open(uri)
        assert engine.jobs("ann") == []
    Engine.open(uri).close()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("not a folder")
    with pytest.raises(ClawrkError, match="data"):
        Engine.open(f"sled:{file}")
    assert file.read_text() == "not a folder"
