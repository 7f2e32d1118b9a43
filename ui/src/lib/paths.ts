/** Addresses of the server, with names encoded. Everything under /api/v1 except the predict route. */
const seg = encodeURIComponent;

export type Query = Record<string, string | number | boolean | string[] | null | undefined>;

/** `?a=b`, without absent and empty members, a list as one member for each; '' when nothing is left. */
export function queryString(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(name, one);
    else if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

export const paths = {
  session: '/api/v1/session',
  redeem: '/api/v1/session/redeem',
  password: '/api/v1/session/password',
  users: '/api/v1/users',
  user: (name: string) => `/api/v1/users/${seg(name)}`,
  signInLink: (name: string) => `/api/v1/users/${seg(name)}/sign-in-link`,
  keys: '/api/v1/keys',
  key: (id: string) => `/api/v1/keys/${seg(id)}`,
  audit: '/api/v1/audit',
  auditCsv: '/api/v1/audit.csv',
  system: '/api/v1/system',
  verify: '/api/v1/system/verify',
  events: '/api/v1/events',
  environments: '/api/v1/environments',
  environment: (name: string) => `/api/v1/environments/${seg(name)}`,
  models: '/api/v1/models',
  model: (model: string) => `/api/v1/models/${seg(model)}`,
  versions: (model: string) => `/api/v1/models/${seg(model)}/versions`,
  version: (model: string, version: string | number) => `/api/v1/models/${seg(model)}/versions/${seg(String(version))}`,
  /** One of the lists or verbs below a model: tags, transitions, aliases, alias-moves, deletion. */
  ofModel: (model: string, what: string) => `/api/v1/models/${seg(model)}/${what}`,
  /** One of the things below a version: stage, tags, deletion. */
  ofVersion: (model: string, version: string | number, what: string) => `/api/v1/models/${seg(model)}/versions/${seg(String(version))}/${what}`,
  alias: (model: string, alias: string) => `/api/v1/models/${seg(model)}/aliases/${seg(alias)}`,
  stageAt: (model: string, stage: string) => `/api/v1/models/${seg(model)}/stages/${seg(stage)}`,
  versionFile: (model: string, version: string | number, file: string) =>
    `/api/v1/models/${seg(model)}/versions/${seg(String(version))}/files/${file.split('/').map(seg).join('/')}`,
  buildLog: (model: string, version: string | number, build: string) =>
    `/api/v1/models/${seg(model)}/versions/${seg(String(version))}/builds/${seg(build)}/log`,
  deployments: '/api/v1/deployments',
  deployment: (environment: string, name: string) => `/api/v1/deployments/${seg(environment)}/${seg(name)}`,
  /** One of the lists or verbs below a deployment: revisions, rollouts, replicas, logs, scale, stop, start, restart, retry. */
  ofDeployment: (environment: string, name: string, what: string) => `/api/v1/deployments/${seg(environment)}/${seg(name)}/${what}`,
  draftFile: (environment: string, name: string, file: string) => `/api/v1/deployments/${seg(environment)}/${seg(name)}/draft/files/${file.split('/').map(seg).join('/')}`,
  uploadArchive: '/api/v1/uploads/archive',
  schedules: '/api/v1/schedules',
  cronPreview: '/api/v1/schedules/preview',
  schedule: (name: string) => `/api/v1/schedules/${seg(name)}`,
  scheduleFile: (name: string, file: string) => `/api/v1/schedules/${seg(name)}/files/${file.split('/').map(seg).join('/')}`,
  ofSchedule: (name: string, verb: 'pause' | 'resume') => `/api/v1/schedules/${seg(name)}/${verb}`,
  executions: (schedule: string) => `/api/v1/schedules/${seg(schedule)}/executions`,
  executionLog: (schedule: string, number: number, offset = 0) => `/api/v1/schedules/${seg(schedule)}/executions/${number}/log${offset === 0 ? '' : `?offset=${offset}`}`,
  cancelExecution: (schedule: string, number: number) => `/api/v1/schedules/${seg(schedule)}/executions/${number}/cancel`,
  rolloutAction: (id: string, action: string) => `/api/v1/rollouts/${seg(id)}/${action}`,
  predictions: '/api/v1/predictions',
  predictionsExport: (format: 'jsonl' | 'csv') => `/api/v1/predictions.${format}`,
  prediction: (id: string) => `/api/v1/predictions/${seg(id)}`,
  analytics: (environment: string, name: string) => `/api/v1/analytics/deployments/${seg(environment)}/${seg(name)}`,
  predict: (scope: string, name: string) => `/${seg(scope)}/models/${seg(name)}`,
};
