"""The Python client of Slipway.

    from slipway import MLOpsClient

    client = MLOpsClient()
    client.transition_model_version_stage("sentiment-classifier", 3, "Production")

Everything a call raises::

    SlipwayError                   message, code, status_code, request_id, details
    ├── AuthenticationError        401: no valid key
    ├── PermissionDeniedError      403: the right that the message names is missing
    ├── ResourceNotFoundError      404
    ├── ValidationError            400, 415, 422; field_errors
    ├── ConflictError              409, 412: a taken name, a version in Production, a stale ETag
    │   ├── StaleDraftError        somebody else has patched the draft since
    │   ├── FullPushRequiredError  a running process cannot take the change
    │   └── DraftBrokenError       what does not load becomes no version
    ├── ApprovalRequiredError      202: it waits for a reviewer; approval
    ├── InsufficientBalanceError   402
    ├── QuotaExceededError         413, 507; limit, current
    ├── RateLimitError             429; retry_after
    ├── ServerError                5xx
    ├── NetworkError               no answer came
    └── IntegrityError             content that does not have its digest

Importing does nothing and nothing prints. A client may be shared between threads.
"""

from ._analytics import Analytics, AnalyticsBucket, VariantAnalytics
from ._autoscaling import Autoscaling, HealthCheck, SetScale
from ._approvals import Approval, ApprovalRequiredError
from ._client import MLOpsClient
from ._drafts import Draft, DraftDiff, DraftError, FileDiff
from ._environments import Environment
from ._following import Following
from ._errors import (
    AuthenticationError,
    ConflictError,
    DraftBrokenError,
    FullPushRequiredError,
    InsufficientBalanceError,
    IntegrityError,
    NetworkError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ResourceNotFoundError,
    ServerError,
    SlipwayError,
    StaleDraftError,
    ValidationError,
)
from ._promotions import Promoted, Promotion
from ._schedules import Execution, Schedule
from ._secrets import Secret
from ._statuses import StatusChange
from ._records import Alias, AliasMove, Deletion, Deployment, Model, ModelVersion, StageHolder, Transition, VersionDataset, VersionFile, VersionLink
from ._revisions import Revision
from ._routing import SimulatedCell, SimulatedRow, Simulation
from ._rollouts import Rollout, RolloutStep
from ._run_records import DataSet, Experiment, MetricPoint, RunAlert, RunArtifact, RunComparison, RunDetail, RunInfo
from ._runs import Run
from ._versions import Comparison, Lineage, LineageEdge, LineageNode, MetricCell, MetricRow, ValueRow, VersionDeployment, VersionMetric

__all__ = [
    "Alias", "AliasMove", "Analytics", "AnalyticsBucket", "Approval", "ApprovalRequiredError", "AuthenticationError", "Autoscaling", "ConflictError", "Deletion", "Deployment", "Draft", "DraftBrokenError", "DraftDiff", "DraftError", "FileDiff", "Environment", "Execution", "FullPushRequiredError", "HealthCheck", "InsufficientBalanceError", "IntegrityError", "MLOpsClient", "Model",
    "ModelVersion", "NetworkError", "PermissionDeniedError", "Promoted", "Promotion", "QuotaExceededError", "RateLimitError", "ResourceNotFoundError", "Revision", "Rollout", "RolloutStep", "Schedule", "Secret", "ServerError", "SetScale", "SimulatedCell", "SimulatedRow", "Simulation", "SlipwayError", "StatusChange",
    "StageHolder", "StaleDraftError", "Transition", "ValidationError", "VariantAnalytics", "VersionFile", "Comparison", "Lineage", "LineageEdge", "LineageNode",
    "MetricCell", "MetricRow", "ValueRow", "VersionDataset", "VersionDeployment", "VersionLink", "VersionMetric",
    "DataSet", "Experiment", "Following", "MetricPoint", "Run", "RunAlert", "RunArtifact", "RunComparison", "RunDetail", "RunInfo",
]
