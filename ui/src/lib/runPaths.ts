/** Addresses of experiments and runs, with names encoded. */
const seg = encodeURIComponent;

export const runPaths = {
  experiments: '/api/v1/experiments',
  experiment: (id: string) => `/api/v1/experiments/${seg(id)}`,
  /** One of the verbs and lists below an experiment: archive, restore, columns. */
  ofExperiment: (id: string, what: string) => `/api/v1/experiments/${seg(id)}/${what}`,
  runs: '/api/v1/runs',
  run: (id: string) => `/api/v1/runs/${seg(id)}`,
  /** One of the verbs and lists below a run: finish, resume, restore, log, series, metrics, tree, alerts. */
  ofRun: (id: string, what: string) => `/api/v1/runs/${seg(id)}/${what}`,
  tag: (id: string, key: string) => `/api/v1/runs/${seg(id)}/tags?key=${seg(key)}`,
  alert: (id: string, alert: string) => `/api/v1/runs/${seg(id)}/alerts/${seg(alert)}`,
  artifact: (id: string, path: string) => `/api/v1/runs/${seg(id)}/artifacts/${path.split('/').map(seg).join('/')}`,
};
