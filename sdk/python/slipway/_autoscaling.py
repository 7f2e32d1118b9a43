"""Scaling of deployments: how many replicas, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from ._http import Http, segment
from ._records import Deployment


@dataclass(frozen=True)
class SetScale:
    """One replica set as the autoscaler sees it. ``reason`` is one of the server's closed list; ``concurrency`` None: nothing was measured yet."""

    revision: int
    variant: str
    wish: Optional[int]
    planned: int
    ready: int
    reason: str
    detail: str
    concurrency: Optional[float]
    cold_start_s: Optional[float]


@dataclass(frozen=True)
class Autoscaling:
    """Settings by their names on the wire, and what the autoscaler makes of them now."""

    settings: Mapping[str, Any]
    sets: Tuple[SetScale, ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Autoscaling":
        return Autoscaling(dict(data["settings"]), tuple(
            SetScale(
                one["revision"], one["variant"], one["wish"], one["planned"], one["ready"], one["reason"], one["detail"], one["concurrency"], one["cold_start_seconds"])
            for one in data["sets"]))


@dataclass(frozen=True)
class HealthCheck:
    """How replicas are watched. ``path``: what a program is asked at; None: what its config.yaml says."""

    interval_s: float
    startup_threshold_s: float
    stop_traffic_threshold_s: float
    restart_threshold_s: float
    path: Optional[str]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "HealthCheck":
        return HealthCheck(
            data["interval_seconds"], data["startup_threshold_seconds"], data["stop_traffic_threshold_seconds"], data["restart_threshold_seconds"], data.get("path"))


class AutoscalingMethods:
    """What ``MLOpsClient`` offers for scaling."""

    _http: Http

    def get_autoscaling(self, environment: str, name: str) -> Autoscaling:
        """The scaling of a deployment.

        Raises:
            ResourceNotFoundError: ``deployment_not_found``.

        Example:
            >>> client.get_autoscaling("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Autoscaling.of(self._http.get(_path(environment, name, "autoscaling")))

    def update_autoscaling(
        self, environment: str, name: str, *, enabled: Optional[bool] = None, min_replicas: Optional[int] = None, max_replicas: Optional[int] = None,
        concurrency_target: Optional[int] = None, target_utilization_percentage: Optional[int] = None, autoscaling_window_s: Optional[float] = None,
        scale_down_delay_s: Optional[float] = None, max_scale_down_rate: Optional[int] = None, target_cpu_percentage: Optional[int] = None,
        target_memory_percentage: Optional[int] = None, target_gpu_percentage: Optional[int] = None,
    ) -> str:
        """Changes some of the settings; what is not named stays. 0 takes an optional one away.

        Args:
            min_replicas: 0 lets an idle deployment go to zero; the next request wakes it.
            concurrency_target: requests at a time that one replica is meant for.
            scale_down_delay_s: how long less load must last before replicas go; also the idle time before zero.

        Returns:
            ``ACCEPTED``, ``QUEUED`` (in force once the deployment runs) or ``UNCHANGED``.

        Raises:
            ValidationError: ``invalid_field``, with every wrong field.

        Example:
            >>> client.update_autoscaling("staging", "nobody", enabled=True, max_replicas=8, concurrency_target=4)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body: Dict[str, Any] = {
            "enabled": enabled, "min_replicas": min_replicas, "max_replicas": max_replicas, "concurrency_target": concurrency_target,
            "target_utilization_percentage": target_utilization_percentage, "autoscaling_window_seconds": autoscaling_window_s, "scale_down_delay_seconds": scale_down_delay_s,
            "max_scale_down_rate": max_scale_down_rate, "target_cpu_percentage": target_cpu_percentage, "target_memory_percentage": target_memory_percentage,
            "target_gpu_percentage": target_gpu_percentage,
        }
        status: str = self._http.call("PATCH", _path(environment, name, "autoscaling"), {key: value for key, value in body.items() if value is not None})["status"]
        return status

    def get_health_check(self, environment: str, name: str) -> HealthCheck:
        """How the replicas of a deployment are watched.

        Raises:
            ResourceNotFoundError: ``deployment_not_found``.

        Example:
            >>> client.get_health_check("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return HealthCheck.of(self._http.get(_path(environment, name))["health_check"])

    def update_health_check(
        self, environment: str, name: str, *, path: Optional[str] = None, interval_s: Optional[float] = None, startup_threshold_s: Optional[float] = None,
        stop_traffic_threshold_s: Optional[float] = None, restart_threshold_s: Optional[float] = None,
    ) -> HealthCheck:
        """Changes how replicas are watched, in place; what is not named stays.

        Args:
            path: what a program (``runtime: command``) is asked at, such as ``"/health"``, instead of its config.yaml's; ``""``: that one again.
            interval_s: seconds between two pings, and two checks of a program; 0: the server's own, as for the others.
            stop_traffic_threshold_s: silence after which a replica gets no requests.
            restart_threshold_s: silence after which it is restarted.

        Raises:
            ValidationError: ``invalid_field``, with every wrong field.

        Example:
            >>> client.update_health_check("staging", "nobody", path="/ready", interval_s=1)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body: Dict[str, Any] = {
            "path": path, "interval_seconds": interval_s, "startup_threshold_seconds": startup_threshold_s, "stop_traffic_threshold_seconds": stop_traffic_threshold_s,
            "restart_threshold_seconds": restart_threshold_s,
        }
        changes = {key: value for key, value in body.items() if value is not None}
        return HealthCheck.of(self._http.call("PATCH", _path(environment, name), {"health_check": changes})["health_check"])

    def scale_deployment(self, environment: str, name: str, replicas: int) -> Deployment:
        """Sets the number of replicas by hand, within the bounds; 0 (where the minimum is 0) sleeps until a request.

        Raises:
            ConflictError: ``replicas_out_of_bounds``, ``autoscaling_on`` or ``deployment_stopped``.

        Example:
            >>> client.scale_deployment("staging", "nobody", 2)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Deployment.of(self._http.post(_path(environment, name, "scale"), {"replicas": replicas}))

    def wake_deployment(self, environment: str, name: str) -> Deployment:
        """Wakes a deployment that is at zero, without a request; one that runs stays as it is.

        Example:
            >>> client.wake_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Deployment.of(self._http.post(_path(environment, name, "wake"), {}))

    def get_live_metrics(self, environment: str, name: str) -> Mapping[str, Any]:
        """The last minute of a deployment and of each replica, by the names on the wire: ``requests_per_second``, ``error_rate``, ``p95_ms``, ``replicas`` …

        Example:
            >>> client.get_live_metrics("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        data: Mapping[str, Any] = self._http.get(_path(environment, name, "metrics"))
        return data


def _path(environment: str, name: str, part: str = "") -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}{part and '/' + part}"
