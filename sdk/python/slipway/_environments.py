"""Environments: where deployments live."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple

from ._http import Http, segment
from ._records import time_of


@dataclass(frozen=True)
class Environment:
    """Where deployments live. ``order`` counts from 0; a promotion goes to the next one. ``promotion`` has the settings of promotions to it,
    ``autoscaling`` what deployments there have that do not say."""

    name: str
    order: int
    protected: bool
    deployments: int
    built_in: bool
    approval: bool
    reviewers: Tuple[str, ...]
    requires_stage: Optional[str]
    min_replicas: int
    max_replicas: int
    promotion: Mapping[str, Any]
    etag: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    autoscaling: Optional[Mapping[str, Any]] = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Environment":
        return Environment(
            data["name"], data["order"], data["protected"], data["deployments"], data["built_in"], data["approval"], tuple(data["reviewers"]), data["requires_stage"],
            data["min_replicas"], data["max_replicas"], dict(data["promotion"]), data["etag"], time_of(data["created_at"]), time_of(data["updated_at"]),
            data["autoscaling"])


class EnvironmentMethods:
    """What ``MLOpsClient`` offers for environments."""

    _http: Http

    def list_environments(self) -> Iterator[Environment]:
        """All environments, in the order of promotion.

        Example:
            >>> [one.name for one in client.list_environments()]
            ['development', 'staging', 'production']
        """
        return (Environment.of(one) for one in self._http.pages("/api/v1/environments", {}))

    def get_environment(self, name: str) -> Environment:
        """One environment.

        Raises:
            ResourceNotFoundError: ``environment_not_found``.

        Example:
            >>> client.get_environment("production").protected
            True
        """
        return Environment.of(self._http.get(f"/api/v1/environments/{segment(name)}"))

    def create_environment(
        self, name: str, *, after: Optional[str] = None, protected: Optional[bool] = None, approval: Optional[bool] = None, reviewers: Optional[Sequence[str]] = None,
        requires_stage: Optional[str] = None, min_replicas: Optional[int] = None, max_replicas: Optional[int] = None, promotion: Optional[Mapping[str, Any]] = None,
        autoscaling: Optional[Mapping[str, Any]] = None,
    ) -> Environment:
        """Makes an environment. Needs an administrator's key.

        Args:
            name: 1 to 40 lower-case letters, digits and hyphens.
            after: the environment before it. None: the last one before production.
            protected: what becomes live there passes the gate.
            approval: what becomes live there is decided by one of ``reviewers``, who are user names.
            requires_stage: Staging or Production, which a version must be in.
            min_replicas: of a deployment that does not say; ``max_replicas`` the same.
            promotion: settings of promotions to it, such as ``{"strategy": "canary", "window_seconds": 300}``.
            autoscaling: of a deployment there that does not say, such as ``{"enabled": True, "concurrency_target": 4}``; ``{}`` takes it away.

        Raises:
            ConflictError: ``name_taken``, by a user or an environment.

        Example:
            >>> client.create_environment("qa", after="staging", min_replicas=1, max_replicas=3).order
            2
            >>> client.delete_environment("qa")
        """
        body = {"name": name, **_given(after, protected, approval, reviewers, requires_stage, min_replicas, max_replicas, promotion, autoscaling)}
        return Environment.of(self._http.post("/api/v1/environments", body))

    def update_environment(
        self, name: str, *, after: Optional[str] = None, protected: Optional[bool] = None, approval: Optional[bool] = None, reviewers: Optional[Sequence[str]] = None,
        requires_stage: Optional[str] = None, min_replicas: Optional[int] = None, max_replicas: Optional[int] = None, promotion: Optional[Mapping[str, Any]] = None,
        autoscaling: Optional[Mapping[str, Any]] = None,
        if_match: Optional[str] = None,
    ) -> Environment:
        """Changes an environment; what is None stays. Arguments as those of ``create_environment``; an empty ``requires_stage`` takes it away.

        Args:
            if_match: the ``etag`` that was read; the change is refused with ConflictError when somebody was quicker.

        Example:
            >>> client.update_environment("staging", promotion={"strategy": "blue_green"}).promotion["strategy"]
            'blue_green'
            >>> client.update_environment("staging", promotion={"strategy": "rolling"}).promotion["max_surge_percent"]
            10
        """
        body = _given(after, protected, approval, reviewers, requires_stage, min_replicas, max_replicas, promotion, autoscaling)
        return Environment.of(self._http.call("PATCH", f"/api/v1/environments/{segment(name)}", body, headers={"If-Match": if_match} if if_match else None))

    def delete_environment(self, name: str) -> None:
        """Deletes an environment that has no deployments.

        Raises:
            ConflictError: ``environment_built_in``, ``environment_in_use``.

        Example:
            >>> client.delete_environment("production")
            Traceback (most recent call last):
            slipway._errors.ConflictError: ... [environment_built_in]
        """
        self._http.call("DELETE", f"/api/v1/environments/{segment(name)}")


def _given(
    after: Optional[str], protected: Optional[bool], approval: Optional[bool], reviewers: Optional[Sequence[str]], requires_stage: Optional[str], min_replicas: Optional[int],
    max_replicas: Optional[int], promotion: Optional[Mapping[str, Any]], autoscaling: Optional[Mapping[str, Any]],
) -> Dict[str, Any]:
    settings = {
        "after": after, "protected": protected, "approval": approval, "reviewers": None if reviewers is None else list(reviewers), "requires_stage": requires_stage,
        "min_replicas": min_replicas, "max_replicas": max_replicas, "promotion": None if promotion is None else dict(promotion),
        "autoscaling": None if autoscaling is None else dict(autoscaling),
    }
    return {name: value for name, value in settings.items() if value is not None}
