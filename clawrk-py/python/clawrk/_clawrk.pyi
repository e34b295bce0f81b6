"""The compiled half of the package; import its names from :mod:`clawrk`."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, final

__all__ = ["AsyncEngine", "CriterionVerdict", "Engine", "Job", "Verification"]

@final
class Engine:
    """An open exchange, for programs that wait.

    Every call waits for its answer while other threads go on. Ctrl-C ends the waiting, not the
    command: that one still has its effect, or none.

    Ids are text. Under an ``idempotency_key`` a command has its effect once: give the same call
    with the same key again after a lost answer, and the first answer comes back.
    """

    @staticmethod
    def open(uri: str) -> Engine:
        """Opens an exchange: ``"sled:PATH"`` for a folder, ``"memory:"`` for one that forgets.

        Raises :class:`~clawrk.errors.InvalidRequest` for a URI that names no store, or
        :class:`~clawrk.errors.Unavailable` where the store cannot be opened."""

    def create_job(
        self, user: str, prompt: str, *, idempotency_key: str | None = None
    ) -> Job:
        """Posts a job in the name of ``user``, who becomes its sender.

        The prompt is turned into title, intent, skill and criteria, and the skill's cost is set
        aside from the user's credits while credits are on.

        Raises :class:`~clawrk.errors.InvalidRequest`, :class:`~clawrk.errors.TooLarge` or
        :class:`~clawrk.errors.InsufficientCredits`."""

    def accept_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Job:
        """Takes a queued job; ``user`` becomes its receiver.

        Raises :class:`~clawrk.errors.NotFound` or :class:`~clawrk.errors.WrongStatus`."""

    def submit_output(
        self,
        user: str,
        job_id: str,
        output: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Job:
        """Hands in the output as the job's receiver; without one the job's skill makes it.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus`,
        :class:`~clawrk.errors.Forbidden`, or :class:`~clawrk.errors.ProviderFailed` where the
        skill failed."""

    def verify_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Job:
        """Judges the output as the job's sender: the job becomes ``verified`` or ``rejected``.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def cancel_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Job:
        """Takes a queued job back as its sender; held credits return.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def release_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Job:
        """Gives an accepted job up as its receiver; it is queued again.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def job(self, user: str, job_id: str) -> Job:
        """A job, for who may see it: its sender, its receiver, and anyone while it is queued.

        Raises :class:`~clawrk.errors.NotFound`."""

    def jobs(self, user: str) -> list[Job]:
        """Every job that the user posted, newest first."""

    def close(self) -> None:
        """Flushes the store and releases it. Every later call raises
        :class:`~clawrk.errors.Unavailable`; closing again does nothing."""

    def __enter__(self) -> Engine: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class AsyncEngine:
    """An open exchange, for programs built on asyncio.

    Every call begins at once and returns an awaitable of the running loop. Cancelling it ends the
    waiting, not the command: that one still has its effect, or none.

    Ids are text. Under an ``idempotency_key`` a command has its effect once: give the same call
    with the same key again after a lost answer, and the first answer comes back.
    """

    @staticmethod
    def open(uri: str) -> Awaitable[AsyncEngine]:
        """Opens an exchange: ``"sled:PATH"`` for a folder, ``"memory:"`` for one that forgets.

        Raises :class:`~clawrk.errors.InvalidRequest` for a URI that names no store, or
        :class:`~clawrk.errors.Unavailable` where the store cannot be opened."""

    def create_job(
        self, user: str, prompt: str, *, idempotency_key: str | None = None
    ) -> Awaitable[Job]:
        """Posts a job in the name of ``user``, who becomes its sender.

        The prompt is turned into title, intent, skill and criteria, and the skill's cost is set
        aside from the user's credits while credits are on.

        Raises :class:`~clawrk.errors.InvalidRequest`, :class:`~clawrk.errors.TooLarge` or
        :class:`~clawrk.errors.InsufficientCredits`."""

    def accept_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Awaitable[Job]:
        """Takes a queued job; ``user`` becomes its receiver.

        Raises :class:`~clawrk.errors.NotFound` or :class:`~clawrk.errors.WrongStatus`."""

    def submit_output(
        self,
        user: str,
        job_id: str,
        output: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Awaitable[Job]:
        """Hands in the output as the job's receiver; without one the job's skill makes it.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus`,
        :class:`~clawrk.errors.Forbidden`, or :class:`~clawrk.errors.ProviderFailed` where the
        skill failed."""

    def verify_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Awaitable[Job]:
        """Judges the output as the job's sender: the job becomes ``verified`` or ``rejected``.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def cancel_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Awaitable[Job]:
        """Takes a queued job back as its sender; held credits return.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def release_job(
        self, user: str, job_id: str, *, idempotency_key: str | None = None
    ) -> Awaitable[Job]:
        """Gives an accepted job up as its receiver; it is queued again.

        Raises :class:`~clawrk.errors.NotFound`, :class:`~clawrk.errors.WrongStatus` or
        :class:`~clawrk.errors.Forbidden`."""

    def job(self, user: str, job_id: str) -> Awaitable[Job]:
        """A job, for who may see it: its sender, its receiver, and anyone while it is queued.

        Raises :class:`~clawrk.errors.NotFound`."""

    def jobs(self, user: str) -> Awaitable[list[Job]]:
        """Every job that the user posted, newest first."""

    def close(self) -> Awaitable[None]:
        """Flushes the store and releases it. Every later call raises
        :class:`~clawrk.errors.Unavailable`; closing again does nothing."""

    def __aenter__(self) -> Awaitable[AsyncEngine]: ...
    def __aexit__(self, *_error: object) -> Awaitable[None]: ...

@final
class Job:
    """A job as it was when it was read. It does not change; read it again to see what has."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str:
        """``queued``, ``accepted``, ``in_progress``, ``submitted``, ``verified``, ``rejected``,
        ``cancelled`` or ``failed``."""

    @property
    def prompt(self) -> str:
        """The prompt as sent."""

    @property
    def title(self) -> str: ...
    @property
    def intent(self) -> str:
        """What has to be done."""

    @property
    def skill(self) -> str:
        """The skill that can do it."""

    @property
    def criteria(self) -> str:
        """What the output must meet, one criterion a line."""

    @property
    def sender(self) -> str: ...
    @property
    def receiver(self) -> str | None: ...
    @property
    def output(self) -> str | None:
        """The output of the current attempt."""

    @property
    def verification(self) -> Verification | None:
        """The latest verdict."""

    @property
    def created_at(self) -> datetime:
        """UTC, to the millisecond."""

    @property
    def updated_at(self) -> datetime:
        """UTC, to the millisecond."""

    def to_json(self) -> str:
        """The job as the JSON object of the REST API."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Verification:
    """The verdict on an output."""

    @property
    def passed(self) -> bool: ...
    @property
    def reasoning(self) -> str:
        """Why, for a person."""

    @property
    def scores(self) -> dict[str, Any]:
        """Figures behind the verdict, by name."""

    @property
    def model(self) -> str:
        """What judged: ``mock``; ``gates``, where no model had to be asked; or the model's name."""

    @property
    def criteria(self) -> list[CriterionVerdict]:
        """What was said of each criterion; empty where no model judged."""

    @property
    def prompt_hash(self) -> str | None:
        """The SHA-256 of the model's instructions."""

    @property
    def input_tokens(self) -> int | None:
        """The tokens that the model read."""

    @property
    def output_tokens(self) -> int | None:
        """The tokens that the model wrote."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class CriterionVerdict:
    """The verdict on one criterion."""

    @property
    def criterion(self) -> str: ...
    @property
    def passed(self) -> bool:
        """Whether it is met."""

    @property
    def reason(self) -> str:
        """Why, in the judge's words."""

    @property
    def quote(self) -> str | None:
        """The passage of the output that shows it; what is met has one."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
