"""What a call can fail with: one base, and a class for each kind.

Every error has a stable ``code`` to match on, a ``text`` for people, and ``retry``, which says
whether and how the same call may be made again.
"""

from __future__ import annotations

from typing import Literal

Retry = Literal["never", "same_request", "after_change", "check_first"]
"""``never``: the same call fails again. ``same_request``: it may work in a while.
``after_change``: it may work once something else has changed. ``check_first``: it may have been
done, so look first, or repeat it under the same idempotency key."""


class ClawrkError(Exception):
    """The base of all errors of this package."""

    code: str
    """A stable name in snake_case, such as ``job_not_found``."""
    retry: Retry
    """Whether and how the same call may be made again."""
    text: str
    """The cause and what would help, for a person."""

    def __init__(self, text: str, code: str = "internal", retry: Retry = "never") -> None:
        super().__init__(text, code, retry)
        self.text = text
        self.code = code
        self.retry = retry

    def __str__(self) -> str:
        return self.text


class InvalidRequest(ClawrkError, ValueError):
    """An argument cannot be used; the text says which and why."""


class TooLarge(ClawrkError, ValueError):
    """A text is over its limit."""


class NotFound(ClawrkError, LookupError):
    """There is no such thing, or none that the caller may see."""


class WrongStatus(ClawrkError):
    """The job's status forbids this."""


class Forbidden(ClawrkError):
    """The caller has the wrong role for this."""


class Unauthenticated(ClawrkError):
    """Nobody known is calling."""


class Conflict(ClawrkError):
    """Something else already has the name or the key."""


class InsufficientCredits(ClawrkError):
    """The account has fewer credits than this takes."""


class RateLimited(ClawrkError):
    """Too many calls in too short a time."""


class ProviderFailed(ClawrkError):
    """A skill or a service that the exchange asks has failed."""


class Unavailable(ClawrkError):
    """The exchange cannot answer: its store is closed, busy or out of reach."""


class OutcomeUnknown(ClawrkError):
    """The change may have been made or not; look before making it again."""


class Internal(ClawrkError):
    """An error inside the exchange, or damage in its store. Nothing was changed."""


__all__ = [
    "ClawrkError",
    "Conflict",
    "Forbidden",
    "InsufficientCredits",
    "Internal",
    "InvalidRequest",
    "NotFound",
    "OutcomeUnknown",
    "ProviderFailed",
    "RateLimited",
    "Retry",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "WrongStatus",
]
