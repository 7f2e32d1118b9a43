"""Counts and latency of a deployment over a range."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ._http import Http, segment
from ._records import time_of


@dataclass(frozen=True)
class AnalyticsBucket:
    """One of the equal parts of a range. ``responses``: status class (2xx, 3xx, 4xx, 5xx, aborted) to count; latencies are None without requests."""

    at: datetime.datetime
    requests: int
    failures: int
    responses: Mapping[str, int]
    mean_latency_ms: Optional[float]
    p50_ms: Optional[float]
    p95_ms: Optional[float]
    p99_ms: Optional[float]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "AnalyticsBucket":
        return AnalyticsBucket(time_of(data["at"]), data["requests"], data["failures"], dict(data["responses"]), data["mean_latency_ms"], data["p50_ms"], data["p95_ms"], data["p99_ms"])


@dataclass(frozen=True)
class VariantAnalytics:
    """What one variant answered, of all revisions that had it. ``success_rate`` is 0 to 1, and None without requests."""

    variant: str
    requests: int
    failures: int
    success_rate: Optional[float]
    mean_latency_ms: Optional[float]
    p50_ms: Optional[float]
    p95_ms: Optional[float]
    p99_ms: Optional[float]
    buckets: Tuple[AnalyticsBucket, ...]


@dataclass(frozen=True)
class Analytics:
    """A range in equal buckets of ``bucket_s`` seconds. Percentiles are of all requests in it; ``variants`` is empty unless it was asked for."""

    start: datetime.datetime
    end: datetime.datetime
    bucket_s: int
    requests: int
    failures: int
    success_rate: Optional[float]
    mean_latency_ms: Optional[float]
    p50_ms: Optional[float]
    p95_ms: Optional[float]
    p99_ms: Optional[float]
    buckets: Tuple[AnalyticsBucket, ...]
    variants: Tuple[VariantAnalytics, ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Analytics":
        return Analytics(
            time_of(data["from"]), time_of(data["to"]), data["bucket_seconds"], *_figures(data),
            tuple(VariantAnalytics(v["variant"], *_figures(v)) for v in data.get("variants") or ()))


class AnalyticsMethods:
    """What ``MLOpsClient`` offers of analytics."""

    _http: Http

    def get_analytics(
        self, environment: str, name: str, *, range: Optional[str] = None, start: Optional[datetime.datetime] = None, end: Optional[datetime.datetime] = None,
        variant: Optional[str] = None, by_variant: bool = False,
    ) -> Analytics:
        """Requests, failures and latency of a deployment; of a deleted one as well, and all zero where nothing was counted under that name.

        Args:
            range: ``"1h"``, ``"6h"``, ``"1d"`` (the default), ``"7d"`` or ``"14d"``, back from now.
            start: with ``end`` (None: now) in place of a range; with a time zone.
            variant: only what this variant answered, of all revisions that had it.
            by_variant: each variant on its own as well.

        Raises:
            ValidationError: a range that is none, or that ends before it begins.

        Example:
            >>> client.get_analytics("production", "nobody", range="7d").requests
            0
        """
        query = {
            "range": range, "from": None if start is None else start.isoformat(), "to": None if end is None else end.isoformat(), "variant": variant,
            "by": "variant" if by_variant else None,
        }
        return Analytics.of(self._http.get(f"/api/v1/analytics/deployments/{segment(environment)}/{segment(name)}", query))


def _figures(data: Mapping[str, Any]) -> Tuple[Any, ...]:
    return (
        data["requests"], data["failures"], data["success_rate"], data["mean_latency_ms"], data["p50_ms"], data["p95_ms"], data["p99_ms"],
        tuple(AnalyticsBucket.of(b) for b in data["buckets"]))
