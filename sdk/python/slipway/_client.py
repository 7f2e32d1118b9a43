"""The one class that users meet; what it does is in _experiments, _runs, _registry, _deployments, _environments, _revisions and _rollouts."""

from __future__ import annotations

import datetime
import os
from typing import Any, Iterator, Mapping, Optional, Sequence, Tuple

from ._analytics import AnalyticsMethods
from ._autoscaling import AutoscalingMethods
from ._approvals import ApprovalMethods
from ._deployments import Deployments
from ._drafts import DraftMethods
from ._following import FollowingMethods
from ._environments import EnvironmentMethods
from ._experiments import ExperimentMethods
from ._files import Progress
from ._http import Http
from ._lifecycle import LifecycleMethods
from ._profile import resolve
from ._records import Alias, AliasMove, Deletion, Deployment, Model, ModelVersion, StageHolder, Transition
from ._promotions import PromotionMethods
from ._registry import Registry, Version
from ._revisions import RevisionMethods
from ._routing import RoutingMethods
from ._rollouts import RolloutMethods
from ._versions import VersionMethods
from ._schedules import ScheduleMethods
from ._secrets import SecretMethods
from ._statuses import StatusMethods


class MLOpsClient(AnalyticsMethods, ApprovalMethods, AutoscalingMethods, DraftMethods, ExperimentMethods, EnvironmentMethods, FollowingMethods, LifecycleMethods, PromotionMethods, RevisionMethods, RolloutMethods, RoutingMethods, VersionMethods, ScheduleMethods, SecretMethods, StatusMethods):
    """A Slipway server.

    A version is named by its number, ``"v3"``, its label, or ``"@alias"``. Calls that cannot do a thing twice are repeated after a lost connection and
    after 429, 502, 503, 504; creating calls carry an idempotency key, so they are among them, and also wait for an earlier try of theirs that still runs.

    Args:
        api_token: a key. None: SLIPWAY_API_KEY, else PODSTACK_API_TOKEN, else the profile that ``slipway up`` has written.
        base_url: such as ``http://127.0.0.1:7070``. None: SLIPWAY_URL, else the profile's.
        timeout_s: longest wait for the server to connect, take or send something, in seconds.
        retries: repetitions after the first try.

    Example:
        >>> client = MLOpsClient(api_token=token, base_url=url)
        >>> client.get_model("sentiment-classifier").latest_version
        3
    """

    def __init__(self, api_token: Optional[str] = None, *, base_url: Optional[str] = None, timeout_s: float = 60.0, retries: int = 4) -> None:
        url, token = resolve(api_token, base_url)
        self._http = Http(url, token, timeout_s, retries)
        self._registry = Registry(self._http)
        self._deployments = Deployments(self._http)

    # Models

    def register_model(self, name: str, description: Optional[str] = None, tags: Optional[Sequence[str]] = None) -> Model:
        """Registers a model without a version.

        Raises:
            ConflictError: ``model_already_exists``.

        Example:
            >>> client.register_model("churn", "Who leaves next month", ["tabular"]).tags
            ('tabular',)
        """
        return self._registry.register_model(name, description, tags)

    def get_model(self, model_name: str) -> Model:
        """One model.

        Raises:
            ResourceNotFoundError: ``model_not_found``.

        Example:
            >>> client.get_model("sentiment-classifier").name
            'sentiment-classifier'
        """
        return self._registry.model(model_name)

    def list_models(self, search: Optional[str] = None, *, stage: Optional[str] = None, tags: Sequence[str] = ()) -> Iterator[Model]:
        """Models in the order of their names.

        Args:
            search: part of a name or description, without regard to case.
            stage: only those with a version in this stage.
            tags: only those with all of these.

        Example:
            >>> [model.name for model in client.list_models("SENTIMENT", tags=["nlp"])]
            ['sentiment-classifier']
        """
        return self._registry.models(search, stage, tags)

    def update_model(
        self, model_name: str, *, description: Optional[str] = None, tags: Optional[Sequence[str]] = None, if_match: Optional[str] = None,
    ) -> Model:
        """Changes a model's description or its list of tags; what is None stays.

        Args:
            if_match: the ``etag`` that was read; the change is refused with ConflictError when somebody was quicker.

        Example:
            >>> client.update_model("sentiment-classifier", description="Reads reviews").description
            'Reads reviews'
        """
        return self._registry.update_model(model_name, description, tags, if_match)

    def set_model_tag(self, model_name: str, key: str, value: str) -> Model:
        """Gives a model a tag with a value.

        Example:
            >>> client.set_model_tag("sentiment-classifier", "team", "reviews").tag_values["team"]
            'reviews'
        """
        return self._registry.set_model_tag(model_name, key, value)

    def delete_model_tag(self, model_name: str, key: str) -> Model:
        """Takes a tag away.

        Example:
            >>> client.delete_model_tag("sentiment-classifier", "nlp").tags
            ()
        """
        return self._registry.delete_model_tag(model_name, key)

    def delete_model(self, model_name: str) -> None:
        """Deletes a model with all its versions, for good. Needs an administrator's key.

        Raises:
            ConflictError: a version is in Production, or deployed.

        Example:
            >>> client.delete_model("sentiment-classifier")
        """
        self._registry.delete_model(model_name)

    # Versions

    def create_model_version(
        self, model_name: str, source_run_id: Optional[str] = None, artifact_path: Optional[str] = None, description: Optional[str] = None, *,
        path: Optional[str] = None, label: Optional[str] = None, metadata: Optional[Mapping[str, str]] = None, parent: Optional[str] = None,
        create_missing: bool = True, progress: Optional[Progress] = None,
    ) -> ModelVersion:
        """Makes a version of an artifact of a run, or of a file or folder of this machine.

        Of a run it keeps metrics, parameters and data sets as they are now; the files are the run's own and are not sent again.

        Args:
            source_run_id: the run.
            artifact_path: file or folder of the run; ``""`` is everything that it holds.
            path: file or folder of this machine, instead of a run.
            label: a name of its own, unique in the model, such as ``v2.1.0``.
            metadata: at most six pairs; key up to 20, value up to 50 characters.
            parent: the version that it was fine-tuned from, such as ``base@3`` or ``base@champion``.
            create_missing: registers the model when it is not there; False raises ResourceNotFoundError instead.
            progress: called with (bytes sent, bytes to send).

        Example:
            >>> version = client.create_model_version("churn", path=folder, description="First", label="v1.0.0")
            >>> version.version, version.label, version.files[0].path
            (1, 'v1.0.0', 'model.py')
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_metrics({"auc": 0.94})
            ...     stored = run.log_artifact(folder + "/model.py")
            >>> dict(client.create_model_version("churn", run.id, "model.py", "Second").metrics)
            {'auc': 0.94}
        """
        if (path is None) == (source_run_id is None):
            raise ValueError("say what becomes the version: source_run_id and artifact_path, or path=...")
        if source_run_id is not None and artifact_path is None:
            raise ValueError("say which file or folder of the run becomes the version: artifact_path")
        if create_missing:
            self._registry.ensure_model(model_name)
        if source_run_id is not None:
            return self._registry.version_of_run(model_name, source_run_id, artifact_path or "", description, label, metadata, parent)
        return self._registry.upload_version(model_name, str(path), description, label, metadata, parent, progress)

    def get_model_version(self, model_name: str, version: Version) -> ModelVersion:
        """One version.

        Example:
            >>> client.get_model_version("sentiment-classifier", "v3").version
            3
        """
        return self._registry.version(model_name, version)

    def list_model_versions(self, model_name: str, *, search: Optional[str] = None, stage: Optional[str] = None) -> Iterator[ModelVersion]:
        """Versions of a model, highest number first.

        Args:
            search: the beginning of a number, or part of a label or alias, without regard to case.
            stage: only those in this stage.

        Example:
            >>> [one.version for one in client.list_model_versions("sentiment-classifier")]
            [3, 2, 1]
        """
        return self._registry.versions(model_name, search, stage)

    def update_model_version(
        self, model_name: str, version: Version, *, description: Optional[str] = None, label: Optional[str] = None, parent: Optional[str] = None,
        if_match: Optional[str] = None,
    ) -> ModelVersion:
        """Changes a version's description, label or parent; None stays, an empty text takes it away.

        Example:
            >>> client.update_model_version("sentiment-classifier", 3, label="v3.0.0").label
            'v3.0.0'
        """
        return self._registry.update_version(model_name, version, description, label, parent, if_match)

    def set_model_version_tag(self, model_name: str, version: Version, key: str, value: str) -> ModelVersion:
        """Gives a version a tag, or the tag another value.

        Example:
            >>> dict(client.set_model_version_tag("sentiment-classifier", 3, "validated_by", "ml-team").tags)
            {'validated_by': 'ml-team'}
        """
        return self._registry.set_version_tag(model_name, version, key, value)

    def delete_model_version_tag(self, model_name: str, version: Version, key: str) -> ModelVersion:
        """Takes a tag away.

        Example:
            >>> version = client.set_model_version_tag("sentiment-classifier", 3, "validated_by", "ml-team")
            >>> dict(client.delete_model_version_tag("sentiment-classifier", 3, "validated_by").tags)
            {}
        """
        return self._registry.delete_version_tag(model_name, version, key)

    def delete_model_version(self, model_name: str, version: Version) -> None:
        """Deletes a version; its number is never used again.

        Raises:
            ConflictError: it is in Production, or deployed.

        Example:
            >>> client.delete_model_version("sentiment-classifier", 2)
        """
        self._registry.delete_version(model_name, version)

    def preview_deletion(self, model_name: str, version: Optional[Version] = None) -> Deletion:
        """What deleting a version, or the whole model, would take with it, and whether it would be refused.

        Example:
            >>> client.preview_deletion("sentiment-classifier").versions
            (3, 2, 1)
        """
        return self._registry.deletion(model_name, version)

    def download_model_version(self, model_name: str, version: Version, destination: str, *, progress: Optional[Progress] = None) -> str:
        """Writes the files of a version below a folder, each checked against its digest before it gets its name. Called again it goes on where it broke off.

        Args:
            progress: called with (bytes that have come, bytes in all).

        Returns:
            The destination.

        Raises:
            IntegrityError: a file did not arrive as it is registered.

        Example:
            >>> import os
            >>> os.listdir(client.download_model_version("sentiment-classifier", 3, folder + "/models"))
            ['model.txt']
        """
        return self._registry.download(model_name, version, destination, progress)

    # Stages

    def transition_model_version_stage(
        self, model_name: str, version: Version, stage: str, *, archive_existing_versions: Optional[bool] = None, note: Optional[str] = None,
    ) -> ModelVersion:
        """Moves a version to another stage.

        Args:
            stage: None, Staging, Production or Archived, in any case.
            archive_existing_versions: archives the others in that stage in the same transaction. None: for Production only.
            note: why; kept in the ledger, and the comment of the request where one is made.

        Raises:
            ApprovalRequiredError: the stage is protected. Nothing has changed yet; its ``approval`` waits for a reviewer, and when it is approved the
                version moves by itself. ``request_model_version_stage`` is the same without the exception.

        Example:
            >>> client.transition_model_version_stage("sentiment-classifier", 3, "production", note="better recall").stage
            'Production'
        """
        return self._registry.transition(model_name, version, stage, archive_existing_versions, note)

    def list_transitions(self, model_name: str, version: Optional[int] = None) -> Iterator[Transition]:
        """The ledger of stages, newest first; of one version, which may be deleted by now.

        Example:
            >>> version = client.transition_model_version_stage("sentiment-classifier", 3, "Staging")
            >>> [(entry.version, entry.from_stage, entry.to_stage) for entry in client.list_transitions("sentiment-classifier")]
            [(3, 'None', 'Staging')]
        """
        return self._registry.transitions(model_name, version)

    def get_versions_in_stage(self, model_name: str, stage: str, *, at: Optional[datetime.datetime] = None) -> Tuple[StageHolder, ...]:
        """Which versions were in a stage at a time.

        Args:
            stage: Staging, Production or Archived.
            at: an aware datetime; None: now.

        Example:
            >>> version = client.transition_model_version_stage("sentiment-classifier", 3, "Production")
            >>> [held.version for held in client.get_versions_in_stage("sentiment-classifier", "Production")]
            [3]
        """
        return self._registry.stage_at(model_name, stage, at)

    # Aliases

    def set_model_alias(self, model_name: str, alias: str, version: Version) -> Alias:
        """Makes an alias, or moves it.

        Example:
            >>> client.set_model_alias("sentiment-classifier", "latest-prod", 3).version
            3
        """
        return self._registry.set_alias(model_name, alias, version)

    def get_model_by_alias(self, model_name: str, alias: str) -> ModelVersion:
        """The version that an alias points to.

        Example:
            >>> moved = client.set_model_alias("sentiment-classifier", "latest-prod", 2)
            >>> client.get_model_by_alias("sentiment-classifier", "latest-prod").version
            2
        """
        return self._registry.version(model_name, "@" + alias)

    def list_model_aliases(self, model_name: str) -> Iterator[Alias]:
        """Aliases in the order of their names.

        Example:
            >>> list(client.list_model_aliases("sentiment-classifier"))
            []
        """
        return self._registry.aliases(model_name)

    def list_alias_moves(self, model_name: str, alias: Optional[str] = None) -> Iterator[AliasMove]:
        """Moves of aliases, newest first.

        Example:
            >>> moved = [client.set_model_alias("sentiment-classifier", "champion", number) for number in (1, 3)]
            >>> [(move.from_version, move.to_version) for move in client.list_alias_moves("sentiment-classifier", "champion")]
            [(1, 3), (None, 1)]
        """
        return self._registry.alias_moves(model_name, alias)

    def delete_model_alias(self, model_name: str, alias: str) -> None:
        """Deletes an alias; its history stays.

        Example:
            >>> moved = client.set_model_alias("sentiment-classifier", "champion", 3)
            >>> client.delete_model_alias("sentiment-classifier", "champion")
        """
        self._registry.delete_alias(model_name, alias)

    # Deployments

    def deploy_model(
        self, model_name: str, version: Version, endpoint_name: str, gpu_type: Optional[str] = None, min_replicas: Optional[int] = None,
        max_replicas: Optional[int] = None, *, environment: Optional[str] = None, base_image: Optional[str] = None, placement: Optional[str] = None,
        mode: Optional[str] = None, wait: bool = True, timeout_s: float = 600.0,
    ) -> Deployment:
        """Deploys a version under a name of its own.

        Args:
            gpu_type: one GPU of this type for each replica, such as ``"T4"``. Where the machine has none it warns and deploys without.
            environment: None: production when the version is in stage Production, else development.
            base_image: None: what SLIPWAY_BASE_IMAGE says, else the package's own, else ``python``. On a machine without a package index: ``python-system``.
            placement: ``"gateway"`` runs an ONNX model inside the gateway's process; None: in processes of its own.
            mode: ``"live"``: in development alone, one replica whose files are patched while it runs (``get_draft``, ``patch_draft``, ``freeze_draft``). None: standard.
            wait: returns when it answers; False returns at once.
            timeout_s: longest wait, in seconds.

        Returns:
            The deployment; ``endpoint_url`` is where it answers.

        Raises:
            PermissionDeniedError: deploying straight to production, or into the gateway, needs an administrator's key.
            ConflictError: ``deployment_exists``; give it another version with ``update_deployment``.
            SlipwayError: ``deploy_failed``, ``deploy_timeout``.
            ApprovalRequiredError: the environment asks for an approval of it; its ``approval`` waits for a reviewer, and when it is approved it happens by itself.

        Example:
            >>> client.deploy_model("sentiment-classifier", 3, "sentiment-api")
            Traceback (most recent call last):
            slipway._errors.ValidationError: ... [version_not_runnable]
        """
        found = self._registry.version(model_name, version)
        if mode == "live" and environment is None:
            environment = "development"
        image = base_image or os.environ.get("SLIPWAY_BASE_IMAGE") or None
        made = self._deployments.deploy(found, endpoint_name, environment, min_replicas, max_replicas, image, placement, mode, gpu_type)
        return self._deployments.wait(made, timeout_s) if wait else made

    def close(self) -> None:
        """Closes the connection of this thread; the client opens another when it needs one."""
        self._http.close()

    def __enter__(self) -> "MLOpsClient":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
