"""The life of a deployment: pushed, read, edited, stopped, started, restarted, tried again, deleted."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterator, Mapping, Optional

from ._deployments import Deployments
from ._errors import ResourceNotFoundError, SlipwayError
from ._files import Progress
from ._http import Http, segment
from ._records import Deployment
from ._registry import Registry
from ._rollouts import Rollout

_MODEL_NAME = re.compile(r"""^model_name:\s*["']?([^"'#\r\n]+?)["']?\s*(#.*)?$""", re.MULTILINE)


class LifecycleMethods:
    """What ``MLOpsClient`` offers for deployments as a whole. One is named by its environment and name."""

    _http: Http
    _registry: Registry
    _deployments: Deployments

    def push(
        self, path: str, *, name: Optional[str] = None, environment: str = "development", version_label: Optional[str] = None, description: Optional[str] = None,
        revision_name: Optional[str] = None, labels: Optional[Mapping[str, str]] = None, base_image: Optional[str] = None, rollout: Optional[Mapping[str, Any]] = None,
        package_resources: bool = False, wait: bool = True, timeout_s: float = 900.0, progress: Optional[Progress] = None,
    ) -> Deployment:
        """Makes a version of a folder or file and deploys it, as ``slipway push`` does: a new deployment, or a rollout of the one that there is.

        Args:
            name: of model and deployment. None: ``model_name`` of its config.yaml, else the folder's or file's own.
            version_label: a unique label of the version, such as ``"v2.1.0"``.
            description: of the version.
            revision_name: of the new revision; None: ``deployment-1``, ``-2``, …
            labels: of the new revision; ``list_revisions`` has them.
            base_image: None: what SLIPWAY_BASE_IMAGE says, else config.yaml's, else ``python``.
            rollout: how, where something is live already, such as ``{"strategy": "canary", "window_seconds": 600}``; what it leaves out the environment says.
            package_resources: as ``update_deployment``.
            wait: returns when it is live; False returns at once.
            timeout_s: longest wait, in seconds.
            progress: as ``create_model_version``.

        Raises:
            SlipwayError: ``version_not_runnable``, ``deploy_failed`` with the reason of the build or rollout, ``deploy_timeout``, ``rollout_timeout``.
            ConflictError: ``rollout_under_way``, ``revision_unchanged``, ``deployment_stopped``.
            ApprovalRequiredError: the environment asks for an approval; the version is made, and is deployed by itself when its ``approval`` is approved.

        Example:
            >>> pushed = client.push(folder, name="pushed", labels={"commit": "1f3a"}, wait=False)
            >>> [revision.labels["commit"] for revision in client.list_revisions("development", "pushed")]
            ['1f3a']
            >>> client.delete_deployment("development", "pushed")
        """
        called = name or name_of(path)
        self._registry.ensure_model(called)
        version = self._registry.upload_version(called, path, description, version_label, None, None, progress)
        if not version.runnable:
            raise SlipwayError(f"{version.model} v{version.version} is registered but cannot run: {version.not_runnable_reason}", code="version_not_runnable")
        revision: Dict[str, Any] = {
            "model": version.model, "version": str(version.version), "base_image": base_image or os.environ.get("SLIPWAY_BASE_IMAGE") or None,
            "revision_name": revision_name, "labels": None if labels is None else dict(labels),
        }
        try:
            found = self._deployments.get(environment, called)
        except ResourceNotFoundError:
            made = Deployment.of(self._http.post("/api/v1/deployments", {"name": called, "environment": environment, **revision}))
            return self._deployments.wait(made, timeout_s) if wait else made
        revision["package_resources"] = True if package_resources or found.mode == "live" else None
        revision["rollout"] = None if rollout is None else dict(rollout)
        started = Rollout.of(self._http.post(_path(environment, called, "revisions"), revision))
        if wait:
            self._live(started, timeout_s)
        return self._deployments.get(environment, called)

    def get_deployment(self, environment: str, name: str) -> Deployment:
        """One deployment.

        Raises:
            ResourceNotFoundError: ``deployment_not_found``.

        Example:
            >>> client.get_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return self._deployments.get(environment, name)

    def list_deployments(
        self, search: Optional[str] = None, *, environment: Optional[str] = None, status: Optional[str] = None, label: Optional[str] = None,
    ) -> Iterator[Deployment]:
        """Deployments in the order of their names.

        Args:
            search: part of a name, title or description.
            status: such as ``"ACTIVE"``.
            label: only those with this label, as ``"key"`` or ``"key:value"``.

        Example:
            >>> list(client.list_deployments(environment="staging", label="team:vision"))
            []
        """
        query = {"q": search, "environment": environment, "status": status, "label": label}
        return (Deployment.of(one) for one in self._http.pages("/api/v1/deployments", query))

    def edit_deployment(
        self, environment: str, name: str, *, title: Optional[str] = None, description: Optional[str] = None, labels: Optional[Mapping[str, str]] = None,
        min_replicas: Optional[int] = None, max_replicas: Optional[int] = None, timeout_s: Optional[float] = None, idempotent: Optional[bool] = None,
        strategy: Optional[str] = None, if_match: Optional[str] = None,
    ) -> Deployment:
        """Changes settings in place, without a revision; what is None stays. Versions, resources and variables are changed by ``update_deployment`` and ``set_variables``.

        Args:
            labels: all of them; those not named go.
            timeout_s: longest time of a prediction, in seconds.
            idempotent: whether a prediction may be tried again after it may have begun.
            strategy: of its updates where they do not say; ``""``: the environment's.
            if_match: the ``etag`` that was read; the change is refused with ConflictError when somebody was quicker.

        Raises:
            ValidationError: ``invalid_field``, with every wrong field.

        Example:
            >>> client.edit_deployment("staging", "nobody", title="Leaves next month")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        settings = {
            "title": title, "description": description, "labels": None if labels is None else dict(labels), "min_replicas": min_replicas, "max_replicas": max_replicas,
            "timeout_seconds": timeout_s, "idempotent": idempotent, "strategy": strategy,
        }
        body = {key: value for key, value in settings.items() if value is not None}
        return Deployment.of(self._http.call("PATCH", _path(environment, name), body, headers={"If-Match": if_match} if if_match else None))

    def stop_deployment(self, environment: str, name: str) -> Deployment:
        """Stops it: all replicas end, and the endpoint answers 404 until it is started. A rollout under way is canceled.

        Example:
            >>> client.stop_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return self._does(environment, name, "stop", repeatable=True)

    def start_deployment(self, environment: str, name: str) -> Deployment:
        """Starts it again with what was live; one that runs stays as it is.

        Raises:
            ApprovalRequiredError: nothing was ever live there, and the environment asks for an approval of it.

        Example:
            >>> client.start_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return self._does(environment, name, "start", repeatable=True)

    def restart_deployment(self, environment: str, name: str) -> Deployment:
        """Replaces its replicas one by one, without a new build; callers notice nothing.

        Raises:
            ConflictError: ``nothing_live``, ``rollout_under_way``, ``revision_inactive``, ``deployment_stopped``.

        Example:
            >>> client.restart_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return self._does(environment, name, "restart")

    def retry_deployment(self, environment: str, name: str) -> Deployment:
        """Tries again what has failed: the last rollout, with its own settings, and replicas that do not start.

        Raises:
            SlipwayError: ``nothing_to_retry``, with the reason.
            ConflictError: ``rollout_under_way``, ``deployment_stopped``.

        Example:
            >>> client.retry_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        answer = self._http.call("POST", _path(environment, name, "retry"))
        if not answer["retried"]:
            raise SlipwayError(answer["reason"], code="nothing_to_retry")
        return Deployment.of(answer["deployment"])

    def delete_deployment(self, environment: str, name: str) -> None:
        """Deletes it; its history and its model stay. In a protected environment it must be stopped first.

        Raises:
            ConflictError: ``deployment_running``.

        Example:
            >>> client.delete_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        self._http.call("DELETE", _path(environment, name))

    def _does(self, environment: str, name: str, verb: str, *, repeatable: bool = False) -> Deployment:
        return Deployment.of(self._http.call("POST", _path(environment, name, verb), repeatable=repeatable))

    def _live(self, started: Rollout, timeout_s: float) -> None:
        ended = self.wait_for_rollout(started.id, timeout_s=timeout_s)  # type: ignore[attr-defined]
        if ended.status != "SUCCEEDED":
            why = ended.error_message or ended.steps[-1].what
            raise SlipwayError(f"The rollout of revision {ended.to_revision} is {ended.status}: {why}", code="deploy_failed")


def name_of(path: str) -> str:
    """The name that a folder or file is pushed under when none is given."""
    if os.path.isfile(path):
        return os.path.splitext(os.path.basename(path))[0]
    config = os.path.join(path, "config.yaml")
    if os.path.isfile(config):
        with open(config, encoding="utf-8") as file:
            found = _MODEL_NAME.search(file.read())
        if found is not None:
            return found.group(1)
    return os.path.basename(os.path.abspath(path))


def _path(environment: str, name: str, verb: str = "") -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}{verb and '/' + verb}"
