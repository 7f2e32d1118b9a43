"""Deployments, as far as the registry's users need them."""

from __future__ import annotations

import time
import warnings
from typing import Optional, Union

from ._errors import SlipwayError, ValidationError
from ._http import Http, segment
from ._records import Deployment, ModelVersion

_MOVING = ("BUILDING", "DEPLOYING", "LOADING_MODEL", "UPDATING", "WAKING_UP")


class Deployments:
    def __init__(self, http: Http) -> None:
        self._http = http

    def deploy(
        self, version: ModelVersion, name: str, environment: Optional[str], min_replicas: Optional[int], max_replicas: Optional[int], base_image: Optional[str],
        placement: Optional[str] = None, mode: Optional[str] = None, gpu_type: Optional[str] = None,
    ) -> Deployment:
        body = {
            "name": name, "model": version.model, "version": str(version.version), "base_image": base_image, "placement": placement, "mode": mode, "min_replicas": min_replicas, "max_replicas": max_replicas,
            "environment": environment or ("production" if version.stage == "Production" else "development"),
        }
        if gpu_type is None:
            return Deployment.of(self._http.post("/api/v1/deployments", body))
        try:
            return Deployment.of(self._http.post("/api/v1/deployments", {**body, "gpu_count": 1, "gpu_type": gpu_type}))
        except ValidationError as refused:
            missing = refused.field_errors.get("gpu_count")
            if not missing or len(refused.field_errors) > 1:
                raise
            warnings.warn(f"{missing[0]} {name} is deployed without.", stacklevel=3)
            return Deployment.of(self._http.post("/api/v1/deployments", body))

    def get(self, environment: str, name: str) -> Deployment:
        return Deployment.of(self._http.get(f"/api/v1/deployments/{segment(environment)}/{segment(name)}"))

    def wait(self, deployment: Deployment, timeout_s: Union[int, float]) -> Deployment:
        """Until it answers; raises when it fails or takes longer."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get(deployment.environment, deployment.name)
            if found.status == "ACTIVE":
                return found
            if found.status not in _MOVING:
                raise SlipwayError(f"{found.name} is {found.status}: {found.status_detail}", code="deploy_failed")
            if time.monotonic() > deadline:
                raise SlipwayError(f"{found.name} is still {found.status} after {timeout_s} s.", code="deploy_timeout")
            time.sleep(0.3)
