import type { ExperimentInfo, MetricPoint, RunDetail, RunInfo } from '../lib/wireRuns.ts';
import { page, refuse } from './mock.ts';
import { mock } from './setup.ts';

const point = (value: MetricPoint['value'], step = 3): MetricPoint => ({ value, step, timestamp: 1_760_000_000_000 });
export const anExperiment = (change: Partial<ExperimentInfo> = {}): ExperimentInfo => ({
  id: '1', name: 'Churn 2026', description: 'Who leaves', tags: { team: 'growth' }, status: 'Active', run_count: 2, last_activity_at: new Date().toISOString(), created_by: 'ada',
  created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', etag: '"1"', ...change,
});
export const aRun = (change: Partial<RunInfo> = {}): RunInfo => ({
  id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', experiment_id: '1', experiment_name: 'Churn 2026', name: 'deep', status: 'Completed', status_reason: null, user: 'ada', parent_run_id: null,
  started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:01:30Z', heartbeat_at: null, deleted_at: null, parameters: { depth: '9', optimizer: 'adam' },
  metrics: { accuracy: point(0.91), loss: point('NaN') }, tags: {}, etag: '"1"', ...change,
});
/** One that failed, and has no name. */
export const anotherRun = aRun({ id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2', name: null, status: 'Failed', status_reason: 'ValueError: no data', parameters: { depth: '3', optimizer: 'adam' }, metrics: { accuracy: point(0.95) } });
const detailOf = (run: RunInfo): RunDetail => ({
  run, notes: '# Tried\n- **deeper** trees', data_sets: [{ name: 'customers', path: 's3://data/customers', digest: 'abc', description: null, logged_at: '2026-01-01T00:00:00Z' }],
  alerts: [{ id: 'alert-1', condition: 'loss > 0.5', message: null, is_met: true, fired_count: 1, last_fired_at: new Date().toISOString(), last_fired_by: point(0.7), created_at: '2026-01-01T00:00:00Z', created_by: 'ada' }],
  child_count: 0, artifact_count: 2, artifact_bytes: 2048,
});

/** Lets the server have an experiment with these runs; `next` is the token of a page behind them. */
export function serveRuns(runs: RunInfo[], next: string | null = null) {
  mock().on('GET', /^\/api\/v1\/experiments$/, () => page([anExperiment()]));
  mock().on('GET', /^\/api\/v1\/experiments\/1$/, () => Response.json(anExperiment()));
  mock().on('GET', /^\/api\/v1\/experiments\/1\/columns$/, () => Response.json({ metrics: ['accuracy', 'loss'], parameters: ['depth', 'optimizer'], tags: [], truncated: false }));
  mock().on('GET', /^\/api\/v1\/runs$/, () => page(runs, next));
  mock().on('GET', /^\/api\/v1\/runs\/([^/]+)$/, ({ params }) => {
    const run = runs.find((one) => one.id === params[0]);
    return run === undefined ? refuse(404, 'run_not_found', 'There is no such run.') : Response.json(detailOf(run));
  });
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/series$/, () => page([{ key: 'accuracy', count: 2, points: [point(0.5, 1), point(0.91, 3)] }]));
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/tree$/, ({ url }) => page(url.searchParams.get('path') === 'model'
    ? [{ path: 'model/config.yaml', is_folder: false, size_bytes: 12, sha256: 'f'.repeat(64), file_count: 1, stored_at: '2026-01-01T00:00:00Z' }]
    : [{ path: 'model', is_folder: true, size_bytes: 2048, sha256: null, file_count: 2, stored_at: '2026-01-01T00:00:00Z' }]));
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/artifacts\/.+$/, () => new Response('runtime: python'));
}
