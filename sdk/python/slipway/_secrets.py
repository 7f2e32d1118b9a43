"""Secrets: values that an environment keeps for the models that run there."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence, Tuple

from ._http import Http, segment
from ._records import time_of
from ._rollouts import Rollout


@dataclass(frozen=True)
class Secret:
    """What is told of a secret; its value never is. ``version`` counts how often it was set; ``used_by`` names deployments as ``environment/name``."""

    name: str
    environment: str
    version: int
    used_by: Tuple[str, ...]
    created_by: str
    created_at: datetime.datetime
    updated_by: str
    updated_at: datetime.datetime
    etag: str

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Secret":
        return Secret(
            data["name"], data["environment"], data["version"], tuple(data["used_by"]), data["created_by"], time_of(data["created_at"]), data["updated_by"],
            time_of(data["updated_at"]), data["etag"])


class SecretMethods:
    """What ``MLOpsClient`` offers for secrets."""

    _http: Http

    def list_secrets(self, environment: str) -> Iterator[Secret]:
        """Secrets of an environment, by name.

        Raises:
            ResourceNotFoundError: ``environment_not_found``.

        Example:
            >>> [one.name for one in client.list_secrets("staging")]
            []
        """
        return (Secret.of(one) for one in self._http.pages(_path(environment), {}))

    def set_secret(self, environment: str, name: str, value: str) -> Secret:
        """Sets a secret, new or not. Replicas that use it are replaced one by one; callers notice nothing, and there is no new revision.

        Args:
            name: letters, digits and underscores; also the name of the environment variable.
            value: 1 to 32,768 characters. Nobody can read it again.

        Raises:
            ValidationError: a name that is none, or that Slipway sets itself.

        Example:
            >>> client.set_secret("staging", "HUB_TOKEN", "s3cret").version
            1
            >>> client.delete_secret("staging", "HUB_TOKEN")
        """
        return Secret.of(self._http.call("PUT", f"{_path(environment)}/{segment(name)}", {"value": value}))

    def delete_secret(self, environment: str, name: str) -> None:
        """Deletes a secret that nobody uses.

        Raises:
            ConflictError: ``secret_in_use``; it says by whom.

        Example:
            >>> client.delete_secret("staging", "NO_SUCH_SECRET")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [secret_not_found]
        """
        self._http.call("DELETE", f"{_path(environment)}/{segment(name)}")

    def use_secrets(self, environment: str, name: str, secrets: Sequence[str]) -> Rollout:
        """Says which secrets a deployment uses, all of them by name: a new revision that is rolled out.

        Raises:
            ConflictError: ``secret_missing`` names those that the environment does not have; ``rollout_under_way``, ``deployment_stopped``, ``revision_unchanged``.

        Example:
            >>> client.use_secrets("staging", "nobody", ["HUB_TOKEN"])
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(f"/api/v1/deployments/{segment(environment)}/{segment(name)}/revisions", {"secrets": list(secrets)}))


def _path(environment: str) -> str:
    return f"/api/v1/environments/{segment(environment)}/secrets"
