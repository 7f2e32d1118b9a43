import type { LineageInfo, ModelDeploymentInfo, VersionComparison, VersionMetricInfo } from '../lib/wireRegistry.ts';
import { ago } from './data.ts';

/** What the registry tells of the versions of iris, for tests and `npm run mock`. */
export const someMetrics = (): VersionMetricInfo[] => [
  { namespace: 'training', key: 'accuracy', value: 0.973, step: 2, at: ago(86_400), points: [{ step: 0, value: 0.81 }, { step: 1, value: 0.94 }, { step: 2, value: 0.973 }] },
  { namespace: 'training', key: 'loss', value: 0.112, step: 0, at: ago(86_400), points: [] },
  { namespace: 'validation', key: 'val_accuracy', value: 0.951, step: 0, at: ago(3_600), points: [] },
];

export const aComparison = (lower: string[] = [], higher: string[] = []): VersionComparison => {
  const accuracyLower = lower.includes('accuracy');
  const lossLower = !higher.includes('loss');
  return {
    model: 'iris',
    versions: [2, 3].map((version) => ({
      version, label: version === 3 ? 'v1.2.0' : null, stage: version === 3 ? 'Production' : 'Archived', aliases: [], description: null, detected: 'truss', runnable: true, size_bytes: 1_432_922, digest: 'dd44',
      source_run_id: version === 3 ? '0123456789abcdef0123456789abcdef' : null, created_by: 'ada', created_at: ago(86_400 * (4 - version)),
      deployments: version === 3 ? [{ environment: 'production', name: 'iris', use: 'live', revision: 2, status: 'ACTIVE' }] : [{ environment: 'production', name: 'iris', use: 'earlier', revision: 1, status: 'ACTIVE' }],
    })),
    metrics: [
      { namespace: 'training', key: 'accuracy', lower_is_better: accuracyLower, cells: [{ value: 0.94, delta: null, best: accuracyLower, steps: 1 }, { value: 0.973, delta: 0.033, best: !accuracyLower, steps: 3 }] },
      { namespace: 'training', key: 'loss', lower_is_better: lossLower, cells: [{ value: 0.2, delta: null, best: !lossLower, steps: 1 }, { value: 0.112, delta: -0.088, best: lossLower, steps: 1 }] },
      { namespace: 'validation', key: 'val_accuracy', lower_is_better: false, cells: [null, { value: 0.951, delta: null, best: false, steps: 1 }] },
    ],
    parameters: [{ key: 'C', values: ['1.0', '0.5'], changes: ['same', 'changed'] }, { key: 'solver', values: ['lbfgs', 'lbfgs'], changes: ['same', 'same'] }, { key: 'tol', values: [null, '1e-4'], changes: ['absent', 'added'] }],
    signature: [], requirements: [{ key: 'scikit-learn', values: ['scikit-learn', 'scikit-learn'], changes: ['same', 'same'] }],
    files: [{ path: 'data/iris.joblib', files: [{ path: 'data/iris.joblib', size_bytes: 1_400_000, sha256: 'aa' }, { path: 'data/iris.joblib', size_bytes: 1_432_112, sha256: 'bb' }], changes: ['same', 'changed'] }],
  };
};

export const aLineage = (): LineageInfo => ({
  start: ['version/iris/3'], truncated: false,
  nodes: [
    { id: 'version/iris/3', kind: 'version', name: 'iris v3', resource: 'models/iris/versions/3', facts: { stage: 'Production', created_by: 'ada' } },
    { id: 'version/base/1', kind: 'version', name: 'base v1', resource: null, facts: { deleted: 'true' } },
    { id: 'version/iris-small/1', kind: 'version', name: 'iris-small v1', resource: 'models/iris-small/versions/1', facts: { stage: 'None' } },
    { id: 'run/0123', kind: 'run', name: 'night-run', resource: 'runs/0123', facts: { status: 'Completed' } },
    { id: 'experiment/1', kind: 'experiment', name: 'flowers', resource: 'experiments/1', facts: {} },
    { id: 'dataset/iris', kind: 'dataset', name: 'iris-2026', resource: null, facts: { uri: 's3://data/iris.csv' } },
    { id: 'parameters/run/0123', kind: 'parameters', name: '2 parameters', resource: null, facts: { C: '0.5', tol: '1e-4' } },
    { id: 'deployment/production/iris', kind: 'deployment', name: 'production/iris', resource: 'deployments/production/iris', facts: { status: 'ACTIVE' } },
  ],
  edges: [
    { from: 'version/base/1', to: 'version/iris/3', kind: 'fine_tuned' }, { from: 'version/iris/3', to: 'version/iris-small/1', kind: 'fine_tuned' },
    { from: 'experiment/1', to: 'run/0123', kind: 'contains' }, { from: 'dataset/iris', to: 'run/0123', kind: 'used' }, { from: 'parameters/run/0123', to: 'run/0123', kind: 'configured' },
    { from: 'run/0123', to: 'version/iris/3', kind: 'produced' }, { from: 'version/iris/3', to: 'deployment/production/iris', kind: 'live' },
  ],
});

export const someModelDeployments = (): ModelDeploymentInfo[] => [
  { version: 3, deployment: { environment: 'production', name: 'iris', use: 'live', revision: 2, status: 'ACTIVE' } },
  { version: 2, deployment: { environment: 'production', name: 'iris', use: 'earlier', revision: 1, status: 'ACTIVE' } },
];
