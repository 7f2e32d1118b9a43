import type { RoutingRecord, RoutingRules, VariantBoundsInfo, VariantMetrics, VariantRequest } from './wireRouting.ts';

/**
 * The server's wire types, written after src/Slipway.Contracts. Times are RFC 3339 UTC strings; members that C# calls
 * nullable are `| null`. `npm run generate` makes generated.ts of the server's own OpenAPI document to compare with.
 */

import type { DraftSummary } from './wireDrafts.ts';

export interface Page<T> { items: T[]; next_page_token: string | null }

/** An RFC 9457 problem. `errors`: field to messages; `retry_after` in seconds. */
export interface Problem {
  type: string; title: string; status: number; detail: string; code: string; request_id: string | null;
  errors?: Record<string, string[]> | null; retry_after?: number | null; limit?: number; current?: number;
}

export type Role = 'viewer' | 'analyst' | 'manager' | 'administrator';

export interface SessionInfo { user: string; role: Role; rights: string[]; csrf_token: string | null; expires_at: string | null }
export interface UserInfo {
  name: string; role: Role; email: string | null; has_password: boolean; disabled: boolean; created_at: string; last_sign_in_at: string | null;
}
export interface CreateUserRequest { name: string; role: Role; email?: string | null }
export interface UpdateUserRequest { role?: Role; email?: string | null; disabled?: boolean }
export interface SignInLink { url: string; expires_at: string }

export type KeyScope = 'predict' | 'read' | 'write' | 'train';
export interface KeyInfo {
  id: string; name: string; prefix: string; user: string; scopes: KeyScope[]; default_environment: string | null;
  created_at: string; expires_at: string | null; last_used_at: string | null; revoked: boolean;
}
export interface CreateKeyRequest {
  name: string; scopes?: KeyScope[]; default_environment?: string | null; expires_in_days?: number | null; user?: string | null;
}
export interface CreatedKey { key: string; info: KeyInfo }

/** `sealed`: the chain's sealer has passed it. `before` and `after` are JSON as text. */
export interface AuditEntryInfo {
  sequence: number; at: string; actor: string; action: string; resource_kind: string; resource: string;
  before: string | null; after: string | null; ip_address: string | null; request_id: string | null; sealed: boolean;
}

export interface ModelInfo {
  name: string; description: string | null; tags: string[]; owner: string; latest_version: number | null; production_version: number | null;
  created_at: string; updated_at: string; tag_values: Record<string, string>; etag: string;
}
export interface VersionFileInfo { path: string; size_bytes: number; sha256: string }
export type BuildStatus = 'queued' | 'running' | 'ready' | 'failed';
export interface BuildInfo {
  id: string; base_image: string; status: BuildStatus; lock: string | null; error: string | null; created_at: string; finished_at: string | null; number: number;
}
export type Stage = 'None' | 'Staging' | 'Production' | 'Archived';
export interface ModelVersionInfo {
  model: string; version: number; label: string | null; status: 'pending' | 'ready' | 'failed'; stage: Stage; description: string | null;
  detected: string; runtime: string | null; runnable: boolean; not_runnable_reason: string | null; warnings: string[];
  files: VersionFileInfo[]; size_bytes: number; digest: string; metadata: Record<string, string>; example_input: unknown;
  config_text: string | null; requirements: string[]; created_by: string; created_at: string; builds: BuildInfo[];
  tags: Record<string, string>; aliases: string[]; source: string | null; updated_at: string; etag: string;
  /** What the model takes and gives, where its file says so (ONNX). */
  signature: ModelSignatureInfo | null;
  /** `model_metadata.input_view` of its config.yaml: how a person may enter an input. */
  input_view: unknown;
  /** Last values: training metrics from the source run, validation metrics added later. */
  metrics: Record<string, WireNumber>; validation_metrics: Record<string, WireNumber>;
  parameters: Record<string, string>; datasets: VersionDatasetInfo[]; source_run_id: string | null; parent: VersionLinkInfo | null;
}
/** NaN and the infinities come as texts. */
export type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity';
export interface VersionDatasetInfo { name: string; uri: string | null; digest: string | null; description: string | null }
export interface VersionLinkInfo { model: string; version: number; deleted: boolean }
/** `shape`: -1 is any size, which may have a name in `dimensions`. `structure`: null for a tensor. */
export interface TensorInfo { name: string; datatype: string; shape: number[]; dimensions: (string | null)[]; structure: string | null }
export interface ModelSignatureInfo {
  inputs: TensorInfo[]; outputs: TensorInfo[]; producer: string | null; producer_version: string | null; graph_name: string | null; description: string | null;
  ir_version: number; opsets: Record<string, number>; metadata: Record<string, string>;
}
/** `to` null: the version was deleted. */
export interface TransitionInfo { sequence: number; version: number; from: Stage; to: Stage | null; at: string; by: string; note: string | null; approval_id: string | null; approved_by?: string | null }
export interface TransitionStageRequest { stage: Stage; archive_existing_versions?: boolean; note?: string | null }
export interface StageChangeInfo { version: ModelVersionInfo; transitions: TransitionInfo[] }
export interface StageHolderInfo { version: number; deleted: boolean; since: string; by: string; note: string | null; approval_id: string | null; until: string | null; approved_by?: string | null }
export interface StageAtInfo { stage: Stage; at: string; versions: StageHolderInfo[] }
export interface AliasInfo { alias: string; version: number; moved_at: string; moved_by: string }
export interface AliasMoveInfo { alias: string; from_version: number | null; to_version: number | null; at: string; by: string }
/** What a deletion would take with it; `reason` says why it would be refused. `versions`: at most 100 of `version_count`. */
export interface DeletionInfo {
  allowed: boolean; code: string | null; reason: string | null; versions: number[]; version_count: number; file_count: number; size_bytes: number;
  aliases: string[]; used_by: string[]; metric_count: number; datasets: string[];
  /** Versions fine-tuned from it: they stay. */
  children: VersionLinkInfo[];
}

export type Cleanup = 'keep' | 'scale_to_zero' | 'deactivate';
/** Percent are of replicas (rolling) or traffic (`steps`, canary; null: ten equal ones). */
export interface PromotionSettings {
  strategy: 'rolling' | 'blue_green' | 'canary'; max_surge_percent: number; max_unavailable_percent: number; stabilization_seconds: number; overhead_percent: number;
  steps: number[] | null; window_seconds: number; previous_cleanup: Cleanup; source_after_promotion: Cleanup;
  bake_seconds: number; gate: RolloutGateSettings | null;
}
/** `order` from 0; a promotion goes to the next one. */
export interface FollowingInfo {
  reference: string; follow: boolean; on_move: 'wait' | 'supersede'; version: number | null;
  state: 'current' | 'rolling_out' | 'waiting' | 'waits_for_approval' | 'held' | 'drift' | 'unresolved'; reason: string | null;
}
export interface EnvironmentInfo {
  name: string; order: number; protected: boolean; deployments: number; built_in: boolean; approval: boolean; reviewers: string[]; requires_stage: Stage | null;
  min_replicas: number; max_replicas: number; promotion: PromotionSettings; etag: string; created_at: string; updated_at: string; autoscaling: AutoscalingSettings | null;
}
export interface UpdateEnvironmentRequest {
  after?: string; protected?: boolean; approval?: boolean; reviewers?: string[]; requires_stage?: string; min_replicas?: number; max_replicas?: number; promotion?: Partial<PromotionSettings>;
  autoscaling?: Partial<AutoscalingSettings>;
}
export interface CreateEnvironmentRequest extends UpdateEnvironmentRequest { name: string }
export interface ResourcesInfo { cpu_cores: number; memory_mib: number; gpu_count: number; gpu_type: string | null; storage_gb: number | null; network_mbps: number | null }

export type DeploymentStatus =
  | 'BUILDING' | 'DEPLOYING' | 'DEPLOY_FAILED' | 'LOADING_MODEL' | 'ACTIVE' | 'UNHEALTHY' | 'BUILD_FAILED' | 'BUILD_STOPPED'
  | 'DEACTIVATING' | 'INACTIVE' | 'FAILED' | 'UPDATING' | 'SCALED_TO_ZERO' | 'WAKING_UP' | 'STOPPED';
export type LoadBalancing = 'round_robin' | 'least_connections' | 'ip_hash';

/** Requests at a time, seconds and percent; null: not looked at. Changes may name some of it; 0 takes an optional one away. */
export interface AutoscalingSettings {
  enabled: boolean; min_replicas: number; max_replicas: number; autoscaling_window_seconds: number; scale_down_delay_seconds: number; concurrency_target: number;
  target_utilization_percentage: number; max_scale_down_rate: number | null; target_cpu_percentage: number | null; target_memory_percentage: number | null;
  target_gpu_percentage: number | null; variants?: Record<string, VariantBoundsInfo> | null;
}
export interface LoadBalancerSettings {
  enabled: boolean; algorithm: LoadBalancing; sticky: 'none' | 'cookie' | 'header'; sticky_name: string | null; ejection_failures: number; ejection_seconds: number; max_ejected_percentage: number;
}
export interface HealthCheckSettings { interval_seconds: number; startup_threshold_seconds: number; stop_traffic_threshold_seconds: number; restart_threshold_seconds: number; path?: string | null }
/** `reason` is one of the server's closed list; `wish` null: nobody has decided yet. */
export interface SetScaleInfo {
  replica_set: string; revision: number; variant: string; wish: number | null; planned: number; ready: number; reason: string; detail: string; since: string | null;
  concurrency: number | null; burst_concurrency: number | null; cpu_percentage: number | null; memory_percentage: number | null; queued: number; parked: number; cold_start_seconds: number | null;
}
export interface AutoscalingInfo { settings: AutoscalingSettings; sets: SetScaleInfo[] }
export interface LiveMetricsPoint {
  at: string; requests_per_second: number; errors_per_second: number; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null; concurrency: number; replicas_ready: number;
  cpu_cores: number | null; resident_bytes: number | null;
}
/** The last minute, and the last five in `points` of five seconds, oldest first. */
export interface LiveMetrics {
  at: string | null; requests_per_second: number; error_rate: number | null; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null; in_flight: number; queued: number; parked: number;
  replicas_ready: number; cpu_cores: number | null; resident_bytes: number | null; gpu_percentage: number | null; network_bytes_per_second: number | null; points: LiveMetricsPoint[];
  replicas: ReplicaInfo[]; variants?: VariantMetrics[] | null;
}

/** `gateway`: inside the gateway's process. */
export type Placement = 'replica' | 'gateway';
/** What the config.yaml of a version asks for; null where it does not say. */
export interface PackageResourcesInfo { cpu_cores: number | null; memory_mib: number | null }
export interface VariantInfo {
  name: string; is_default: boolean; model: string; model_version: number; version_label: string | null; base_image: string; runtime: string;
  resources: ResourcesInfo; replica_set: string; placement: Placement; build: number; fallback?: string | null; retries?: number | null;
  package_resources?: PackageResourcesInfo | null;
}
export type RevisionStatus = 'live' | 'inactive' | 'rolling_out' | 'failed' | 'canceled' | 'previous' | 'new';
/** `until` null: it still is. */
export interface LivePeriodInfo { from: string; until: string | null }
export interface RevisionInfo {
  number: number; name: string; labels: Record<string, string>; variants: VariantInfo[]; created_by: string; created_at: string; is_live: boolean;
  variables: Record<string, string>; secrets: string[]; status: RevisionStatus; status_detail: string | null; live_periods: LivePeriodInfo[]; approval_id: string | null; routing?: RoutingRules | null;
}
/** What a promotion has started. */
export interface PromotedInfo { environment: string; name: string; rollout: RolloutInfo }
/** A status that a deployment came into; `until` null: it is so now. */
export interface StatusChangeInfo { status: string; reason: string | null; at: string; until: string | null }
export interface PromotionInfo {
  kind: 'promoted' | 'rejected'; from: string; to: string; name: string; revision: number; to_revision: number | null; source_after_promotion: Cleanup | null;
  outcome: 'pending' | 'done' | 'superseded'; comment: string | null; by: string; at: string;
}
export type RolloutStatus = 'RELEASING' | 'RAMPING_UP' | 'PAUSED' | 'RAMPING_DOWN' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';
export type RolloutStrategy = 'rolling' | 'blue_green' | 'canary';
export type RolloutAction = 'pause' | 'resume' | 'cancel' | 'force-cancel' | 'force-complete' | 'retry' | 'cleanup';
export type PreviousCleanup = 'keep' | 'scale_to_zero' | 'deactivate';
export interface RolloutGateSettings {
  max_error_rate?: number | null; max_p95_ms?: number | null; max_error_rate_increase?: number | null; max_p95_ratio?: number | null;
  min_requests?: number | null; wait_seconds?: number | null;
}
export interface RolloutSettings {
  strategy?: RolloutStrategy | null; max_surge_percent?: number | null; max_unavailable_percent?: number | null; stabilization_seconds?: number | null;
  overhead_percent?: number | null; steps?: number[] | null; window_seconds?: number | null; bake_seconds?: number | null; previous_cleanup?: PreviousCleanup | null;
  progress_deadline_seconds?: number | null; gate?: RolloutGateSettings | null;
}
export interface RolloutMeasureInfo { requests: number; failures: number; error_rate: number | null; p95_ms: number | null }
/** `window`: since the last shift of traffic; `total`: since the rollout began. */
/** `before`: of the previous side, its minute before the rollout where the new one is held against that. */
export interface RolloutSideInfo { revision: number; replicas_ready: number; replicas_wanted: number; window: RolloutMeasureInfo; total: RolloutMeasureInfo; before: RolloutMeasureInfo | null }
export interface RolloutEvidenceInfo { from: string; to: string; candidate: RolloutMeasureInfo; previous: RolloutMeasureInfo; verdict: 'pass' | 'fail' | 'inconclusive'; what: string; before: RolloutMeasureInfo | null }
/** `by` is null where the rollout took the step itself. */
export interface RolloutStepInfo {
  number: number; status: string; what: string; percent_traffic_to_new_version: number; at: string; by: string | null; evidence: RolloutEvidenceInfo | null;
}
/** What has to happen for a rollout to go on, and until when. */
export interface RolloutWaitInfo { reason: 'build' | 'replicas' | 'insufficient_capacity'; message: string; until: string }

/** `actions`: what may be done now. `previous` is null for the first rollout of a deployment. */
export interface RolloutInfo {
  id: string; environment: string; deployment: string; strategy: RolloutStrategy | 'recreate'; status: RolloutStatus; from_revision: number | null; to_revision: number;
  percent_traffic_to_new_version: number; error_code: string | null; error_message: string | null; started_by: string; started_at: string; finished_at: string | null;
  steps: RolloutStepInfo[]; settings: RolloutSettings; paused_reason: 'person' | 'no_evidence' | null; actions: RolloutAction[]; next_step_at: string | null; waiting_for: RolloutWaitInfo | null;
  previous: RolloutSideInfo | null; candidate: RolloutSideInfo; previous_kept: boolean; notes: string[];
}
/** `reason`: why nothing was retried. */
export interface RetryRolloutInfo { retried: boolean; reason: string | null; rollout: RolloutInfo | null }

export interface RetryDeploymentInfo { retried: boolean; reason: string | null; deployment: DeploymentInfo }

/** `requests_per_minute` and `errors_per_minute`: the last 30 minutes, oldest first. `live` is null before the first revision went live. */
export interface DeploymentInfo {
  name: string; environment: string; kind: string; title: string | null; description: string | null; owner: string;
  status: DeploymentStatus; status_reason: string | null; status_detail: string | null; endpoint: string; invocations_endpoint: string;
  live: RevisionInfo | null; rollout: RolloutInfo | null; replicas_ready: number; replicas_wanted: number; min_replicas: number; max_replicas: number;
  load_balancing: LoadBalancing; timeout_seconds: number; idempotent: boolean; labels: Record<string, string>;
  requests_per_minute: number[]; errors_per_minute: number[]; etag: string; created_at: string; updated_at: string;
  autoscaling: AutoscalingSettings; load_balancer: LoadBalancerSettings; p95_ms: number | null; error_rate: number | null; health_check: HealthCheckSettings;
  following: FollowingInfo | null;
  mode: 'standard' | 'live'; draft: DraftSummary | null;
  /** How its updates are rolled out where they do not say; null: as its environment says. */
  strategy: OwnStrategy | null;
}
export type OwnStrategy = 'rolling' | 'blue_green' | 'canary';
export interface CreateDeploymentRequest {
  name: string; model: string; version: string; environment?: string; description?: string | null; title?: string | null;
  min_replicas?: number | null; max_replicas?: number | null; cpu_cores?: number | null; memory_mib?: number | null; base_image?: string | null;
  revision_name?: string | null; labels?: Record<string, string> | null; load_balancing?: LoadBalancing | null; timeout_seconds?: number | null;
  idempotent?: boolean | null; placement?: Placement | null; comment?: string | null; follow?: boolean;
  autoscaling?: Partial<AutoscalingSettings>; load_balancer?: Partial<LoadBalancerSettings>; health_check?: Partial<HealthCheckSettings>;
  gpu_count?: number | null; gpu_type?: string | null; storage_gb?: number | null; network_mbps?: number | null; secrets?: string[] | null;
  variables?: Record<string, string>; strategy?: OwnStrategy;
}
export interface UpdateDeploymentRequest {
  title?: string; description?: string; min_replicas?: number; max_replicas?: number; load_balancing?: LoadBalancing; timeout_seconds?: number;
  idempotent?: boolean; labels?: Record<string, string>; strategy?: OwnStrategy | '';
  autoscaling?: Partial<AutoscalingSettings>; load_balancer?: Partial<LoadBalancerSettings>; health_check?: Partial<HealthCheckSettings>;
}
export interface CreateRevisionRequest {
  version?: string; model?: string; base_image?: string; cpu_cores?: number; memory_mib?: number; revision_name?: string; labels?: Record<string, string>;
  placement?: Placement; strategy?: RolloutStrategy; rollout?: RolloutSettings; comment?: string | null;
  gpu_count?: number | null; gpu_type?: string | null; storage_gb?: number | null; network_mbps?: number | null; secrets?: string[];
  variants?: VariantRequest[]; routing?: RoutingRules; package_resources?: boolean;
}

export type LimitSupportWord = 'enforced' | 'advisory' | 'unsupported';
export type ReplicaState = 'starting' | 'loading' | 'ready' | 'draining' | 'backing_off' | 'ended';
export interface ReplicaInfo {
  id: string; deployment: string; environment: string; replica_set: string; revision: number | null; state: ReplicaState; pid: number | null;
  start_time_ticks: number | null; socket: string | null; started_at: string; ready_at: string | null; restarts: number;
  last_exit: string | null; last_exit_detail: string | null; resident_bytes: number | null; in_flight: number; requests: number;
  limits: Record<string, string>; log_path: string; placement: Placement;
  ejected: boolean; cpu_cores: number | null; requests_per_second: number | null; error_rate: number | null; p95_ms: number | null;
}
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
export interface LogLine { at: string | null; level: LogLevel | null; replica: string; request_id: string | null; message: string; cursor: string }

/** `status` null: aborted by a crash before the end was known. Latencies in milliseconds. */
export interface PredictionInfo {
  id: string; at: string; environment: string; deployment: string; revision: number; variant: string; model: string; model_version: number;
  origin: string; dialect: string; status: number | null; state: string; error_code: string | null; error_source: string | null;
  latency_ms: number | null; queue_ms: number | null; replica_ms: number | null; attempts: number; user: string | null;
  input_bytes: number; output_bytes: number; routing?: 'matched' | 'default_matched' | null; row?: number | null; fallback_from?: string | null;
}
export interface RecordedBody { content_type: string | null; text: string | null; base64: string | null; size_bytes: number; complete: boolean }
export interface PredictionDetail { prediction: PredictionInfo; input: RecordedBody | null; output: RecordedBody | null; routing_note?: RoutingRecord | null }

export interface AnalyticsBucket {
  at: string; requests: number; failures: number; responses: Record<string, number>; mean_latency_ms: number | null;
  p50_ms: number | null; p95_ms: number | null; p99_ms: number | null;
}
export interface AnalyticsCounts {
  requests: number; failures: number; success_rate: number | null; mean_latency_ms: number | null;
  p50_ms: number | null; p95_ms: number | null; p99_ms: number | null; buckets: AnalyticsBucket[];
}
export interface VariantAnalytics extends AnalyticsCounts { variant: string }
export interface AnalyticsInfo extends AnalyticsCounts { from: string; to: string; bucket_seconds: number; variants?: VariantAnalytics[] | null }

export interface LimitSupport { limit: string; support: string; mechanism: string }
export interface BaseImageInfo { name: string; runtime: string; interpreter: string | null; version: string | null; usable: boolean; problem: string | null }
export interface SystemStatus {
  version: string; database: string; started_at: string; epoch: number; cpu_count: number; memory_bytes: number; disk_free_bytes: number;
  history_bytes: number; history_dropped: number; isolation: string; limits: LimitSupport[]; base_images: BaseImageInfo[]; addresses: Record<string, string>;
  hosted: { models: number; bytes: number; limit_bytes: number };
}
export interface ServerEvent { sequence: number; kind: string; resource: string; at: string }
export interface VerifyFinding { kind: string; what: string; detail: string }
export interface VerifyReport { ok: boolean; blobs_checked: number; bytes_checked: number; audit_entries_checked: number; findings: VerifyFinding[] }
