"""What a call can raise. One tree, chosen by code and status; see the docstring of the package."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional


class SlipwayError(Exception):
    """Anything that went wrong with a call.

    Attributes:
        message: what was wrong and what to do, a sentence or two.
        code: stable machine-readable reason, snake_case.
        status_code: HTTP status; None when no answer came. ``status`` is the same.
        request_id: finds the request in the server's log; None when no answer came.
        details: the whole problem as the server sent it.
    """

    def __init__(
        self, message: str, *, code: str = "unknown", status_code: Optional[int] = None, request_id: Optional[str] = None,
        details: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status_code = status_code
        self.request_id = request_id
        self.details: Dict[str, Any] = dict(details or {})

    @property
    def status(self) -> Optional[int]:
        return self.status_code

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class AuthenticationError(SlipwayError):
    """401: no key, or one that is unknown, expired or revoked."""


class PermissionDeniedError(SlipwayError):
    """403: the key's user lacks the right that the message names."""


class ResourceNotFoundError(SlipwayError):
    """404: there is no such thing, or it may not be seen."""


class ValidationError(SlipwayError):
    """400, 415 or 422: the arguments are wrong. ``field_errors`` maps a field to its messages."""

    @property
    def field_errors(self) -> Dict[str, List[str]]:
        return dict(self.details.get("errors") or {})


class ConflictError(SlipwayError):
    """409: the state of things forbids it (a taken name, a version in Production). 412: somebody changed it since it was read."""


class StaleDraftError(ConflictError):
    """409 ``stale_draft``: somebody else has patched the draft since it was read. Read it again and patch on top."""


class FullPushRequiredError(ConflictError):
    """409 ``full_push_required``: a running process cannot take the change. Deploy a version with it."""


class DraftBrokenError(ConflictError):
    """409 ``draft_broken``: the newest files of a draft do not load, so they cannot become a version."""


class InsufficientBalanceError(SlipwayError):
    """402. Slipway itself never answers it; a proxy with billing may."""


class QuotaExceededError(SlipwayError):
    """413 or 507: too large, or no space; 409 ``too_many_keys``. ``limit`` and ``current`` (bytes or pieces) where the server knows them."""

    @property
    def limit(self) -> Optional[float]:
        return self.details.get("limit")

    @property
    def current(self) -> Optional[float]:
        return self.details.get("current")


class RateLimitError(SlipwayError):
    """429, also after the repetitions. ``retry_after``: seconds to wait."""

    @property
    def retry_after(self) -> Optional[float]:
        return self.details.get("retry_after")


class ServerError(SlipwayError):
    """5xx, also after the repetitions."""


class NetworkError(SlipwayError):
    """No answer came: refused, cut off, or too slow."""


class IntegrityError(SlipwayError):
    """What arrived does not have the digest that the registry has for it."""


_BY_STATUS = {
    400: ValidationError, 401: AuthenticationError, 402: InsufficientBalanceError, 403: PermissionDeniedError, 404: ResourceNotFoundError,
    409: ConflictError, 412: ConflictError, 413: QuotaExceededError, 415: ValidationError, 422: ValidationError, 429: RateLimitError, 507: QuotaExceededError,
}


_BY_CODE = {"stale_draft": StaleDraftError, "full_push_required": FullPushRequiredError, "draft_broken": DraftBrokenError, "too_many_keys": QuotaExceededError}


def error_of(status: int, problem: Mapping[str, Any], request_id: Optional[str]) -> SlipwayError:
    """The error for an answer that is not 2xx."""
    kind = _BY_CODE.get(str(problem.get("code"))) or _BY_STATUS.get(status, ServerError if status >= 500 else SlipwayError)
    return kind(
        str(problem.get("detail") or f"The server answered {status}."), code=str(problem.get("code") or f"http_{status}"), status_code=status,
        request_id=problem.get("request_id") or request_id, details=problem)
