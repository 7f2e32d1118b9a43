/**
 * The one vocabulary of states: rest (grey), moving (blue), well (green), look (amber), broken (red).
 * A state is always shown as colour and word and icon (components/StateBadge.tsx).
 */
export type Tone = 'rest' | 'moving' | 'well' | 'look' | 'broken';
export interface StateWord { tone: Tone; word: string; meaning: string }

const state = (tone: Tone, word: string, meaning: string): StateWord => ({ tone, word, meaning });

const deployments: Record<string, StateWord> = {
  BUILDING: state('moving', 'Building', 'Its Python environment is being built.'),
  DEPLOYING: state('moving', 'Deploying', 'The first replicas are being started.'),
  LOADING_MODEL: state('moving', 'Loading', 'Replicas run and load the model.'),
  UPDATING: state('moving', 'Updating', 'A rollout moves traffic to another revision.'),
  WAKING_UP: state('moving', 'Waking up', 'A request woke it; replicas are starting.'),
  DEACTIVATING: state('moving', 'Stopping', 'Replicas finish what they do and end.'),
  ACTIVE: state('well', 'Active', 'It answers requests.'),
  UNHEALTHY: state('look', 'Unhealthy', 'Fewer replicas are ready than wanted.'),
  BUILD_STOPPED: state('look', 'Build stopped', 'The build was stopped before it finished.'),
  DEPLOY_FAILED: state('broken', 'Deploy failed', 'No replica became ready.'),
  BUILD_FAILED: state('broken', 'Build failed', 'Its Python environment could not be built.'),
  FAILED: state('broken', 'Failed', 'It does not answer requests.'),
  SCALED_TO_ZERO: state('rest', 'Scaled to zero', 'No replica runs; a request wakes it.'),
  INACTIVE: state('rest', 'Inactive', 'It answers no requests.'),
  STOPPED: state('rest', 'Stopped', 'Stopped by a person; Start brings it back.'),
};
const rollouts: Record<string, StateWord> = {
  RELEASING: state('moving', 'Releasing', 'Builds and replicas of the new revision are being prepared.'),
  RAMPING_UP: state('moving', 'Ramping up', 'Traffic moves to the new revision.'),
  RAMPING_DOWN: state('moving', 'Ramping down', 'Traffic moves back.'),
  PAUSED: state('look', 'Paused', 'The traffic split stays as it is.'),
  SUCCEEDED: state('well', 'Succeeded', 'The new revision is live.'),
  FAILED: state('broken', 'Failed', 'Traffic stayed on the previous revision.'),
  CANCELED: state('rest', 'Canceled', 'It was canceled.'),
};
const replicas: Record<string, StateWord> = {
  starting: state('moving', 'Starting', 'The process is being started.'),
  loading: state('moving', 'Loading', 'The process loads the model.'),
  ready: state('well', 'Ready', 'It takes requests.'),
  unresponsive: state('look', 'Unresponsive', 'It answers no ping: it gets no requests until it does, and is restarted when it stays silent.'),
  draining: state('moving', 'Draining', 'It finishes its requests and then ends.'),
  backing_off: state('look', 'Backing off', 'It ended unexpectedly; the next start waits.'),
  ended: state('rest', 'Ended', 'The process is gone.'),
  ejected: state('look', 'Passed over', 'It failed so often in a row that it gets no requests for a while.'),
};
const builds: Record<string, StateWord> = {
  queued: state('moving', 'Queued', 'It waits for its turn.'),
  running: state('moving', 'Building', 'Requirements are being resolved and installed.'),
  ready: state('well', 'Built', 'It can be deployed.'),
  failed: state('broken', 'Build failed', 'A requirement could not be installed.'),
};
const versions: Record<string, StateWord> = {
  pending: state('moving', 'Pending', 'Its files are being stored.'),
  ready: state('well', 'Ready', 'Complete and verified.'),
  failed: state('broken', 'Failed', 'It could not be stored.'),
};
const revisions: Record<string, StateWord> = {
  live: state('well', 'Live', 'This revision answers requests.'),
  rolling_out: state('moving', 'Rolling out', 'A rollout moves traffic to it.'),
  failed: state('broken', 'Failed', 'Its last rollout failed.'),
  canceled: state('rest', 'Canceled', 'Its rollout was canceled.'),
  previous: state('rest', 'Previous', 'It was live before.'),
  inactive: state('rest', 'Inactive', 'Deactivated by a person; it runs on nothing.'),
  new: state('rest', 'New', 'It was never rolled out.'),
};
const promotions: Record<string, StateWord> = {
  pending: state('moving', 'Promoting', 'Its rollout has not succeeded yet.'),
  done: state('well', 'Promoted', 'Its rollout has succeeded.'),
  superseded: state('rest', 'Superseded', 'Something else took its place.'),
  rejected: state('look', 'Rejected', 'It was taken back to development.'),
};
const stages: Record<string, StateWord> = {
  None: state('rest', 'None', 'No stage yet.'),
  Staging: state('look', 'Staging', 'Being tried.'),
  Production: state('well', 'Production', 'Used for real.'),
  Archived: state('rest', 'Archived', 'Kept, no longer used.'),
};
const runs: Record<string, StateWord> = {
  Running: state('moving', 'Running', 'It is being made.'),
  Completed: state('well', 'Completed', 'It ended as it should.'),
  Failed: state('broken', 'Failed', 'An exception ended it, or its client vanished.'),
  Killed: state('look', 'Killed', 'A person ended it.'),
};
const experiments: Record<string, StateWord> = {
  Active: state('well', 'Active', 'It takes runs.'),
  Completed: state('rest', 'Completed', 'Somebody has said that the work is done.'),
  Archived: state('rest', 'Archived', 'Hidden from lists; takes no new runs.'),
};
const schedules: Record<string, StateWord> = {
  active: state('well', 'Active', 'It runs at its times.'),
  paused: state('look', 'Paused', 'Its due times are recorded as missed until it is resumed.'),
  deleting: state('moving', 'Deleting', 'It goes as soon as its execution has ended.'),
};
const executions: Record<string, StateWord> = {
  queued: state('moving', 'Queued', 'It waits for its turn.'),
  preparing: state('moving', 'Preparing', 'Its environment is being made.'),
  running: state('moving', 'Running', 'Its command runs.'),
  stopping: state('moving', 'Stopping', 'It was told to end.'),
  succeeded: state('well', 'Succeeded', 'Its command ended with 0.'),
  failed: state('broken', 'Failed', 'Its command failed, or could not be started.'),
  timed_out: state('broken', 'Timed out', 'It ran longer than it may.'),
  cancelled: state('rest', 'Cancelled', 'Somebody ended it.'),
  skipped: state('rest', 'Skipped', 'The execution before it had not ended.'),
  missed: state('look', 'Missed', 'No server ran at its time, or the schedule was paused.'),
};
const limits: Record<string, StateWord> = {
  enforced: state('well', 'Enforced', 'This machine holds replicas to the limit.'),
  advisory: state('look', 'Advisory', 'Watched but not held: a replica can exceed it.'),
  unsupported: state('broken', 'Unsupported', 'This machine cannot hold replicas to it.'),
};

const known = { deployments, rollouts, replicas, builds, versions, revisions, promotions, stages, runs, experiments, limits, schedules, executions };

/** The word for a state of a kind; an unknown one is shown as it came, in grey. */
export function stateWord(kind: keyof typeof known, value: string): StateWord {
  return known[kind][value] ?? state('rest', value, 'A state that this page does not know.');
}

/** Reasons from the server's closed list, in words. */
const exitReasons: Record<string, string> = {
  drained: 'ended as asked', load_failed: 'the model failed to load', import_failed: 'the code failed to import',
  memory_limit: 'exceeded its memory limit', storage_limit: 'exceeded its storage limit', out_of_disk: 'was filling the disk', start_failed: 'did not start', crashed: 'crashed', hung: 'stopped answering', no_server: 'ended without a server', unknown: 'unknown',
};
export const exitReason = (code: string) => exitReasons[code] ?? code.replaceAll('_', ' ');

/** What a status of the predict routes means, for filters and tooltips. */
export function httpMeaning(status: number | null): string {
  if (status === null) return 'Aborted: the server ended before the answer was complete';
  const words: Record<number, string> = {
    200: 'Answered', 400: 'Malformed request', 401: 'No valid key', 403: 'The key may not predict here', 404: 'No such deployment', 413: 'Body too large',
    415: 'Content type not supported', 422: 'Refused by the model', 429: 'Queue full', 499: 'Client went away', 502: 'The model raised an error or its replica was lost',
    503: 'No replica ready', 504: 'Deadline exceeded',
  };
  return words[status] ?? (status < 300 ? 'Answered' : status < 400 ? 'Redirected' : status < 500 ? 'Refused' : 'Failed');
}
export const statusTone = (status: number | null): Tone => (status === null ? 'look' : status < 400 ? 'well' : status < 500 ? 'look' : 'broken');
export const STATUS_CLASSES = [
  { value: '2xx', label: '2xx', meaning: 'answered' },
  { value: '3xx', label: '3xx', meaning: 'redirected by the model' },
  { value: '4xx', label: '4xx', meaning: 'refused: bad input, no right, queue full, client gone' },
  { value: '5xx', label: '5xx', meaning: 'failed: model error, no replica, deadline' },
  { value: 'aborted', label: 'aborted', meaning: 'cut short by a crash' },
];
