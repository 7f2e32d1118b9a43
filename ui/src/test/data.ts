import type {
  AnalyticsInfo, AuditEntryInfo, BuildInfo, DeploymentInfo, EnvironmentInfo, KeyInfo, LiveMetrics, LogLine, ModelInfo, ModelVersionInfo, PredictionDetail, PredictionInfo, PromotionSettings, ReplicaInfo, RevisionInfo, RolloutInfo, RolloutMeasureInfo, SessionInfo, SetScaleInfo, SystemStatus, TransitionInfo, UserInfo,
} from '../lib/wire.ts';

/** Builders of wire objects, shaped by the Contracts; `change` says what matters to the test. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const RIGHTS = [
  'read', 'predict', 'read_bodies', 'write_registry', 'deploy_to_development', 'operate_schedules', 'reject', 'operate_staging', 'operate_production', 'delete', 'decide_approvals', 'deploy_to_production', 'manage_secrets',
  'administer', 'signed_in', 'manage_account',
];

export const aSession = (change: Partial<SessionInfo> = {}): SessionInfo => ({ user: 'ada', role: 'administrator', rights: RIGHTS, csrf_token: 'csrf-1', expires_at: ago(-86_400), ...change });

export const aUser = (change: Partial<UserInfo> = {}): UserInfo => ({
  name: 'ada', role: 'administrator', email: 'ada@example.org', has_password: true, disabled: false, created_at: ago(86_400 * 40), last_sign_in_at: ago(3_600), ...change,
});

export const aKey = (change: Partial<KeyInfo> = {}): KeyInfo => ({
  id: 'key-1', name: 'billing job', prefix: 'slw_7f3a', user: 'ada', scopes: ['predict'], default_environment: 'production', created_at: ago(86_400 * 9), expires_at: ago(-86_400 * 81),
  last_used_at: ago(240), revoked: false, ...change,
});

export const aPromotion: PromotionSettings = {
  strategy: 'rolling', max_surge_percent: 10, max_unavailable_percent: 0, stabilization_seconds: 0, overhead_percent: 0, steps: null, window_seconds: 600,
  previous_cleanup: 'scale_to_zero', source_after_promotion: 'scale_to_zero', bake_seconds: 0, gate: null,
};

export const anEnvironment = (change: Partial<EnvironmentInfo> & { name: string }): EnvironmentInfo => ({
  order: 0, protected: false, deployments: 0, built_in: true, approval: false, reviewers: [], requires_stage: null, min_replicas: 1, max_replicas: 1, promotion: aPromotion, autoscaling: null, etag: '"1"',
  created_at: ago(86_400 * 40), updated_at: ago(86_400 * 40), ...change,
});

export const environments: EnvironmentInfo[] = [
  anEnvironment({ name: 'staging', order: 1, deployments: 1 }), anEnvironment({ name: 'development', order: 0, deployments: 2 }), anEnvironment({ name: 'production', order: 2, protected: true, deployments: 2 }),
];

export const aBuild = (change: Partial<BuildInfo> = {}): BuildInfo => ({
  id: 'build-1', base_image: 'python-system', status: 'ready', lock: 'joblib==1.2.0\nnumpy==1.24.2\nscikit-learn==1.2.1\nscipy==1.10.1', error: null, created_at: ago(86_400), finished_at: ago(86_400 - 7), number: 1, ...change,
});

export const MODEL_PY = `import joblib


class Model:
    def __init__(self, **kwargs):
        self._data_dir = kwargs["data_dir"]
        self._model = None

    def load(self):
        self._model = joblib.load(self._data_dir / "iris.joblib")

    def predict(self, request):
        """Rows of four lengths in cm: [[sepal, sepal width, petal, petal width], ...]"""
        return {"classes": self._model.predict(request["inputs"]).tolist()}
`;

export const aVersion = (change: Partial<ModelVersionInfo> = {}): ModelVersionInfo => ({
  model: 'iris', version: 3, label: 'v1.2.0', status: 'ready', stage: 'Production', description: 'Logistic regression on the iris data', detected: 'truss', runtime: 'python', runnable: true,
  not_runnable_reason: null, warnings: ['config.yaml: resources.accelerator does nothing on this machine'],
  files: [
    { path: 'config.yaml', size_bytes: 312, sha256: 'aa11'.repeat(16) }, { path: 'model/model.py', size_bytes: 498, sha256: 'bb22'.repeat(16) },
    { path: 'data/iris.joblib', size_bytes: 1_432_112, sha256: 'cc33'.repeat(16) },
  ],
  size_bytes: 1_432_922, digest: 'dd44'.repeat(16), metadata: { accuracy: '0.973' }, example_input: { inputs: [[5.1, 3.5, 1.4, 0.2]] },
  config_text: 'model_name: iris\nbase_image: python-system\nrequirements:\n  - scikit-learn\nresources:\n  cpu: "1"\n  memory: 512Mi\n', requirements: ['scikit-learn'], created_by: 'ada', created_at: ago(86_400), builds: [aBuild()],
  tags: { validated_by: 'ml-team' }, aliases: [], source: null, updated_at: ago(86_400), etag: '"3"', signature: null, input_view: null,
  metrics: {}, validation_metrics: {}, parameters: {}, datasets: [], source_run_id: null, parent: null, ...change,
});

export const aTransition = (change: Partial<TransitionInfo> = {}): TransitionInfo => ({
  sequence: 1, version: 3, from: 'Staging', to: 'Production', at: ago(3_600), by: 'ada', note: 'Better recall on the May data', approval_id: null, ...change,
});

export const aModel = (change: Partial<ModelInfo> = {}): ModelInfo => ({
  name: 'iris', description: 'Which iris is it', tags: ['demo', 'tabular'], owner: 'ada', latest_version: 3, production_version: 3, created_at: ago(86_400 * 12), updated_at: ago(86_400), tag_values: {}, etag: '"7"', ...change,
});

export const aRevision = (change: Partial<RevisionInfo> = {}, version = 3, model = 'iris'): RevisionInfo => ({
  number: 2, name: 'rev-2', labels: { team: 'growth' }, created_by: 'ada', created_at: ago(7_200), is_live: true, variables: {}, secrets: [], status: (change.is_live ?? true) ? 'live' : 'previous', status_detail: null,
  approval_id: null, live_periods: [{ from: ago(7_150), until: (change.is_live ?? true) ? null : ago(3_600) }],
  variants: [{ name: 'default', is_default: true, model, model_version: version, version_label: null, base_image: 'python-system', runtime: 'python', resources: { cpu_cores: 1, memory_mib: 512, gpu_count: 0, gpu_type: null, storage_gb: null, network_mbps: null }, replica_set: 'set-1', placement: 'replica', build: 1 }], ...change,
});

export const aMeasure = (requests = 0, failures = 0, p95: number | null = null): RolloutMeasureInfo => ({ requests, failures, error_rate: requests === 0 ? null : failures / requests, p95_ms: p95 });

export const aRollout = (change: Partial<RolloutInfo> = {}): RolloutInfo => ({
  id: 'rollout-2', environment: 'production', deployment: 'iris', strategy: 'rolling', status: 'SUCCEEDED', from_revision: 1, to_revision: 2, percent_traffic_to_new_version: 100, error_code: null,
  error_message: null, started_by: 'ada', started_at: ago(7_200), finished_at: ago(7_150),
  settings: {
    strategy: 'rolling', max_surge_percent: 10, max_unavailable_percent: 0, stabilization_seconds: 0, overhead_percent: 0, steps: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], window_seconds: 600,
    bake_seconds: 0, previous_cleanup: 'scale_to_zero', progress_deadline_seconds: null,
    gate: { max_error_rate: null, max_p95_ms: null, max_error_rate_increase: 0.05, max_p95_ratio: 2, min_requests: 20, wait_seconds: 300 },
  },
  paused_reason: null, actions: [], next_step_at: null, waiting_for: null, previous_kept: false, notes: [],
  previous: { revision: 1, replicas_ready: 0, replicas_wanted: 0, window: aMeasure(), total: aMeasure(1_240, 2, 14), before: null },
  candidate: { revision: 2, replicas_ready: 2, replicas_wanted: 2, window: aMeasure(), total: aMeasure(310, 0, 12), before: null },
  steps: [
    { number: 1, status: 'RELEASING', what: 'Built iris v3 for python-system', percent_traffic_to_new_version: 0, at: ago(7_195), by: 'ada', evidence: null },
    {
      number: 2, status: 'RAMPING_UP', what: '1 of 2 new replicas ready', percent_traffic_to_new_version: 50, at: ago(7_170), by: null,
      evidence: { from: ago(7_195), to: ago(7_170), candidate: aMeasure(), previous: aMeasure(820, 1, 14), verdict: 'inconclusive', what: 'Revision 2 was not asked.', before: null },
    },
    { number: 3, status: 'SUCCEEDED', what: 'All new replicas ready; the old ones drained', percent_traffic_to_new_version: 100, at: ago(7_150), by: null, evidence: null },
  ], ...change,
});

/** A canary under way at 30 %. */
export const aCanary = (change: Partial<RolloutInfo> = {}): RolloutInfo => aRollout({
  id: 'rollout-9', strategy: 'canary', status: 'RAMPING_UP', percent_traffic_to_new_version: 30, started_at: ago(200), finished_at: null,
  settings: { ...aRollout().settings, strategy: 'canary' }, actions: ['pause', 'cancel', 'force-cancel', 'force-complete'], next_step_at: ago(-24),
  previous: { revision: 1, replicas_ready: 3, replicas_wanted: 3, window: aMeasure(410, 1, 14), total: aMeasure(2_104, 6, 14), before: null },
  candidate: { revision: 2, replicas_ready: 1, replicas_wanted: 2, window: aMeasure(176, 3, 31), total: aMeasure(402, 5, 29), before: null },
  steps: [
    { number: 1, status: 'RELEASING', what: 'Rollout from revision 1 to revision 2 has started.', percent_traffic_to_new_version: 0, at: ago(200), by: 'ada', evidence: null },
    { number: 2, status: 'RAMPING_UP', what: 'Step 1 of 10: 10 % of new traffic goes to revision 2.', percent_traffic_to_new_version: 10, at: ago(180), by: null, evidence: null },
    {
      number: 3, status: 'RAMPING_UP', what: 'Step 2 of 10: 20 % of new traffic goes to revision 2.', percent_traffic_to_new_version: 20, at: ago(120), by: null,
      evidence: { from: ago(180), to: ago(120), candidate: aMeasure(61, 0, 13), previous: aMeasure(540, 2, 14), verdict: 'pass', what: 'Revision 2 failed 0 of 61 requests (0 %), p95 13 ms.', before: null },
    },
  ],
  ...change,
});

const wave = (scale: number, shift = 0) => Array.from({ length: 30 }, (_, minute) => Math.max(0, Math.round(scale * (1.2 + Math.sin((minute + shift) / 4) + 0.3 * Math.sin(minute * 1.7)))));

export const aDeployment = (change: Partial<DeploymentInfo> = {}): DeploymentInfo => {
  const environment = change.environment ?? 'production';
  const name = change.name ?? 'iris';
  return {
    name, environment, kind: 'model', title: null, description: 'Which iris is it', owner: 'ada', following: null, status: 'ACTIVE', status_reason: null, status_detail: null,
    endpoint: `http://127.0.0.1:7070/${environment}/models/${name}`, invocations_endpoint: `http://127.0.0.1:7070/${environment}/models/${name}/invocations`, live: aRevision(), rollout: null,
    replicas_ready: 2, replicas_wanted: 2, min_replicas: 1, max_replicas: 4, load_balancing: 'round_robin', timeout_seconds: 30, idempotent: false, labels: { team: 'growth' },
    requests_per_minute: wave(40), errors_per_minute: wave(0), p95_ms: 4.2, error_rate: 0, etag: 'e1',
    autoscaling: { enabled: false, min_replicas: change.min_replicas ?? 1, max_replicas: change.max_replicas ?? 4, autoscaling_window_seconds: 60, scale_down_delay_seconds: 900, concurrency_target: 1, target_utilization_percentage: 70, max_scale_down_rate: null, target_cpu_percentage: null, target_memory_percentage: null, target_gpu_percentage: null },
    health_check: { interval_seconds: 2, startup_threshold_seconds: 600, stop_traffic_threshold_seconds: 6, restart_threshold_seconds: 10 },
    load_balancer: { enabled: true, algorithm: 'round_robin', sticky: 'none', sticky_name: null, ejection_failures: 5, ejection_seconds: 30, max_ejected_percentage: 50 }, mode: 'standard', draft: null, strategy: null, created_at: ago(86_400 * 6), updated_at: ago(7_200), ...change,
  };
};

export const aReplica = (change: Partial<ReplicaInfo> = {}): ReplicaInfo => ({
  id: '0197f3a2-0000-7000-8000-00000000a1b2', deployment: 'iris', environment: 'production', replica_set: 'set-1', revision: 2, state: 'ready', pid: 4711, start_time_ticks: 1, socket: 'r.sock', started_at: ago(7_180),
  ready_at: ago(7_179), restarts: 0, last_exit: null, last_exit_detail: null, resident_bytes: 78_000_000, in_flight: 0, requests: 18_204, limits: { memory: 'enforced', cpu: 'enforced', processes: 'advisory' }, log_path: 'replica.log', placement: 'replica', ejected: false, cpu_cores: 0.12, requests_per_second: 4.2, error_rate: 0, p95_ms: 4.2, ...change,
});

export const aPrediction = (change: Partial<PredictionInfo> = {}): PredictionInfo => ({
  id: '0197f3a2-1111-7000-8000-0000000000aa', at: ago(90), environment: 'production', deployment: 'iris', revision: 2, variant: 'default', model: 'iris', model_version: 3, origin: 'live', dialect: 'envelope', status: 200,
  state: 'complete', error_code: null, error_source: null, latency_ms: 3.42, queue_ms: 0.11, replica_ms: 2.9, attempts: 1, user: 'ada', input_bytes: 34, output_bytes: 181, ...change,
});

export const aDetail = (prediction = aPrediction()): PredictionDetail => ({
  prediction,
  input: { content_type: 'application/json', text: '{"inputs":[[5.1,3.5,1.4,0.2]]}', base64: null, size_bytes: 34, complete: true },
  output: { content_type: 'application/json', text: '{"status":"OK","result":{"classes":[0]}}', base64: null, size_bytes: 181, complete: true },
});

export const aLogLine = (index: number, change: Partial<LogLine> = {}): LogLine => ({
  at: ago(600 - index), level: 'info', replica: '0197f3a2-0000-7000-8000-00000000a1b2', request_id: null, message: `line ${index}`, cursor: `c${index}`, ...change,
});

export const anAuditEntry = (sequence: number, change: Partial<AuditEntryInfo> = {}): AuditEntryInfo => ({
  sequence, at: ago(sequence * 400), actor: 'ada', action: 'deployment_created', resource_kind: 'deployment', resource: 'production/iris', before: null, after: '{"name":"iris","environment":"production"}',
  ip_address: '127.0.0.1', request_id: `req-${sequence}`, sealed: sequence > 2, ...change,
});

export function anAnalytics(change: Partial<AnalyticsInfo> = {}): AnalyticsInfo {
  const bucket_seconds = 1_800;
  const buckets = Array.from({ length: 48 }, (_, index) => {
    const requests = Math.round(900 * (1.2 + Math.sin(index / 7)));
    const failures = index % 11 === 5 ? 14 : 0;
    return {
      at: ago((48 - index) * bucket_seconds), requests, failures, responses: { '2xx': requests - failures - 3, '4xx': 3, '5xx': failures },
      mean_latency_ms: 3 + Math.sin(index / 5), p50_ms: 2.6 + Math.sin(index / 5), p95_ms: 6 + Math.cos(index / 4), p99_ms: 11 + 2 * Math.cos(index / 3),
    };
  });
  const requests = buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
  const failures = buckets.reduce((sum, bucket) => sum + bucket.failures, 0);
  return { from: ago(86_400), to: ago(0), bucket_seconds, requests, failures, success_rate: 1 - failures / requests, mean_latency_ms: 3.1, p50_ms: 2.7, p95_ms: 6.2, p99_ms: 11.4, buckets, ...change };
}

export const aSystem = (change: Partial<SystemStatus> = {}): SystemStatus => ({
  version: '0.1.0', database: 'sqlite', started_at: ago(90_000), epoch: 7, cpu_count: 2, memory_bytes: 25_000_000_000, disk_free_bytes: 180_000_000_000, history_bytes: 84_000_000, history_dropped: 0,
  isolation: 'Each deployment runs as its own operating-system user with memory and CPU held by cgroups.',
  limits: [{ limit: 'memory', support: 'enforced', mechanism: 'cgroup v1' }, { limit: 'cpu', support: 'advisory', mechanism: 'nice' }, { limit: 'processes', support: 'unsupported', mechanism: 'none' }],
  hosted: { models: 1, bytes: 3_400_000, limit_bytes: 536_870_912 },
  base_images: [
    { name: 'python', runtime: 'python', interpreter: '/usr/bin/python3', version: '3.11.2', usable: true, problem: null },
    { name: 'python-system', runtime: 'python', interpreter: '/usr/bin/python3', version: '3.11.2', usable: true, problem: null },
    { name: 'r', runtime: 'r', interpreter: null, version: null, usable: false, problem: 'Rscript was not found' },
  ],
  addresses: { http: 'http://127.0.0.1:7070' }, ...change,
});

/** A small company's worth of deployments. */
export const someDeployments = (): DeploymentInfo[] => [
  aDeployment({ errors_per_minute: wave(2, 9) }),
  aDeployment({
    name: 'sentiment', status: 'UPDATING', live: aRevision({ number: 4 }, 6, 'sentiment'), requests_per_minute: wave(12, 5), replicas_ready: 3, replicas_wanted: 3, owner: 'grace',
    rollout: aRollout({ id: 'rollout-5', status: 'RAMPING_UP', from_revision: 4, to_revision: 5, percent_traffic_to_new_version: 50, finished_at: null }),
  }),
  aDeployment({ name: 'iris-next', environment: 'staging', replicas_ready: 1, replicas_wanted: 1, requests_per_minute: wave(3, 2) }),
  aDeployment({
    name: 'churn', environment: 'development', status: 'DEPLOY_FAILED', status_reason: 'load_failed', status_detail: 'The model failed to load: ModuleNotFoundError: No module named \'lightgbm\'. See its log.', live: null,
    replicas_ready: 0, replicas_wanted: 1, requests_per_minute: wave(0), owner: 'grace',
  }),
  aDeployment({ name: 'ticker', environment: 'development', status: 'STOPPED', live: aRevision({}, 1, 'ticker'), replicas_ready: 0, replicas_wanted: 0, requests_per_minute: wave(0) }),
];

export const aSetScale = (change: Partial<SetScaleInfo> = {}): SetScaleInfo => ({
  replica_set: 'set-1', revision: 2, variant: 'default', wish: 2, planned: 2, ready: 2, reason: 'concurrency', detail: '5.4 requests at a time over 60 s; a replica is for 2.8.', since: ago(40),
  concurrency: 5.4, burst_concurrency: 5.1, cpu_percentage: 41.2, memory_percentage: 18, queued: 1, parked: 0, cold_start_seconds: 0.094, ...change,
});

export const someLiveMetrics = (change: Partial<LiveMetrics> = {}): LiveMetrics => ({
  at: ago(1), requests_per_second: 12.4, error_rate: 0.021, p50_ms: 3.1, p95_ms: 8.4, p99_ms: 21, in_flight: 4, queued: 1, parked: 0, replicas_ready: 2, cpu_cores: 0.82, resident_bytes: 156_000_000,
  gpu_percentage: null, network_bytes_per_second: null, replicas: [],
  points: Array.from({ length: 60 }, (_, index) => ({
    at: ago(300 - (index * 5)), requests_per_second: index / 5, errors_per_second: 0, p50_ms: 3, p95_ms: 8, p99_ms: 20, concurrency: 5, replicas_ready: 2, cpu_cores: 0.8, resident_bytes: 156_000_000,
  })), ...change,
});
