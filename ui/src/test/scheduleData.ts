import type { ExecutionInfo, ScheduleInfo } from '../lib/wireSchedules.ts';
import { ago } from './data.ts';

export const anExecution = (change: Partial<ExecutionInfo> = {}): ExecutionInfo => ({
  schedule: 'nightly', number: 4, trigger: 'schedule', due_at: ago(3_600), started_by: null, status: 'failed', reason: 'exit_code', detail: 'The command ended with code 7.', created_at: ago(3_600),
  started_at: ago(3_590), finished_at: ago(3_500), duration_seconds: 90, exit_code: 7, exit_signal: null, cpu_seconds: 81.5, peak_memory_bytes: 220_000_000, run_id: 'f'.repeat(32),
  experiment: 'churn', package: 'a'.repeat(64), stopped_by: null, log_bytes: 12, ...change,
});
export const aSchedule = (change: Partial<ScheduleInfo> = {}): ScheduleInfo => ({
  name: 'nightly', description: 'Trains anew', owner: 'ada', status: 'active', experiment: 'churn', cron: '30 2 * * *', time_zone: 'Europe/Berlin', next_run_at: new Date(Date.now() + 3_600_000).toISOString(),
  package: {
    digest: 'a'.repeat(64), size_bytes: 2_048, files: [{ path: 'train.py', size_bytes: 2_048, sha256: 'b'.repeat(64) }], command: ['python', 'train.py'], base_image: 'python', requirements: [], status: 'ready',
    lock: null, error: null, warnings: [], created_by: 'ada', created_at: ago(90_000),
  },
  parameters: { depth: 3 }, variables: {}, timeout_seconds: 3_600, cpu_cores: 1, memory_mib: 1_024, grace_seconds: 300, current: null, last: anExecution(), created_at: ago(90_000), updated_at: ago(90_000), etag: '"1"', ...change,
});
