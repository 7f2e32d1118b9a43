"""The statuses that a deployment has had."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional

from ._http import Http, segment
from ._records import maybe_time_of, time_of


@dataclass(frozen=True)
class StatusChange:
    """A status that a deployment came into. ``status``: ACTIVE, UNHEALTHY, and so on; ``until`` is None while it is so now."""

    status: str
    reason: Optional[str]
    at: datetime.datetime
    until: Optional[datetime.datetime]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "StatusChange":
        return StatusChange(data["status"], data["reason"], time_of(data["at"]), maybe_time_of(data["until"]))


class StatusMethods:
    """What ``MLOpsClient`` offers for the ledger of statuses."""

    _http: Http

    def list_status_changes(self, environment: str, name: str) -> Iterator[StatusChange]:
        """The statuses of a deployment with since when, newest first.

        Example:
            >>> list(client.list_status_changes("development", "nobody"))
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return (StatusChange.of(one) for one in self._http.pages(f"/api/v1/deployments/{segment(environment)}/{segment(name)}/status-changes", {}))
