import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { ExperimentInfo, MetricPoint, RunDetail, RunInfo } from '../../lib/wireRuns.ts';
import { page, refuse } from '../../test/mock.ts';
import { aModel } from '../../test/data.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const point = (value: MetricPoint['value'], step = 3): MetricPoint => ({ value, step, timestamp: 1_760_000_000_000 });
const anExperiment = (change: Partial<ExperimentInfo> = {}): ExperimentInfo => ({
  id: '1', name: 'Churn 2026', description: 'Who leaves', tags: { team: 'growth' }, status: 'Active', run_count: 2, last_activity_at: new Date().toISOString(), created_by: 'ada',
  created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', etag: '"1"', ...change,
});
const aRun = (change: Partial<RunInfo> = {}): RunInfo => ({
  id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', experiment_id: '1', experiment_name: 'Churn 2026', name: 'deep', status: 'Completed', status_reason: null, user: 'ada', parent_run_id: null,
  started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:01:30Z', heartbeat_at: null, deleted_at: null, parameters: { depth: '9', optimizer: 'adam' },
  metrics: { accuracy: point(0.91), loss: point('NaN') }, tags: {}, etag: '"1"', ...change,
});
const other = aRun({ id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2', name: null, status: 'Failed', status_reason: 'ValueError: no data', parameters: { depth: '3', optimizer: 'adam' }, metrics: { accuracy: point(0.95) } });
const detailOf = (run: RunInfo): RunDetail => ({
  run, notes: '# Tried\n- **deeper** trees', data_sets: [{ name: 'customers', path: 's3://data/customers', digest: 'abc', description: null, logged_at: '2026-01-01T00:00:00Z' }],
  alerts: [{ id: 'alert-1', condition: 'loss > 0.5', message: null, is_met: true, fired_count: 1, last_fired_at: new Date().toISOString(), last_fired_by: point(0.7), created_at: '2026-01-01T00:00:00Z', created_by: 'ada' }],
  child_count: 0, artifact_count: 2, artifact_bytes: 2048,
});
const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

beforeEach(() => {
  const runs = [aRun(), other];
  mock().on('GET', /^\/api\/v1\/experiments$/, () => page([anExperiment()]));
  mock().on('GET', /^\/api\/v1\/experiments\/1$/, () => Response.json(anExperiment()));
  mock().on('GET', /^\/api\/v1\/experiments\/1\/columns$/, () => Response.json({ metrics: ['accuracy', 'loss'], parameters: ['depth', 'optimizer'], tags: [], truncated: false }));
  mock().on('GET', /^\/api\/v1\/runs$/, () => page(runs));
  mock().on('GET', /^\/api\/v1\/runs\/([^/]+)$/, ({ params }) => {
    const run = runs.find((one) => one.id === params[0]);
    return run === undefined ? refuse(404, 'run_not_found', 'There is no such run.') : Response.json(detailOf(run));
  });
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/series$/, () => page([{ key: 'accuracy', count: 2, points: [point(0.5, 1), point(0.91, 3)] }]));
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/tree$/, ({ url }) => page(url.searchParams.get('path') === 'model'
    ? [{ path: 'model/config.yaml', is_folder: false, size_bytes: 12, sha256: 'f'.repeat(64), file_count: 1, stored_at: '2026-01-01T00:00:00Z' }]
    : [{ path: 'model', is_folder: true, size_bytes: 2048, sha256: null, file_count: 2, stored_at: '2026-01-01T00:00:00Z' }]));
  mock().on('GET', /^\/api\/v1\/runs\/[^/]+\/artifacts\/.+$/, () => new Response('runtime: python'));
});

it('Experiments are searched, and the search stands in the address', async () => {
  const { user, address } = renderApp('/experiments');
  expect(await screen.findByRole('link', { name: 'Churn 2026' })).toBeInTheDocument();
  expect(mock().requests.every((one) => !one.path.includes('status='))).toBe(true);   // the archived are hidden until asked for
  await user.type(screen.getByLabelText('Search experiments'), 'churn');
  await waitFor(() => { expect(address()).toBe('/experiments?q=churn'); });
});

it('An experiment is archived from its menu', async () => {
  mock().on('POST', /^\/api\/v1\/experiments\/1\/archive$/, () => Response.json(anExperiment({ status: 'Archived' })));
  const { user } = renderApp('/experiments');
  await user.click(await screen.findByRole('button', { name: 'Actions of Churn 2026' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Archive' }));
  await waitFor(() => { expect(sent('POST', '/experiments/1/archive')).toBeDefined(); });
});

it('Creating an experiment shows a taken name at its field and opens the new one', async () => {
  let taken = true;
  mock().on('POST', /^\/api\/v1\/experiments$/, () => {
    const was = taken;
    taken = false;
    return was ? refuse(409, 'experiment_already_exists', 'An experiment named x exists already.') : Response.json(anExperiment(), { status: 201 });
  });
  const { user, address } = renderApp('/experiments');
  await user.click(await screen.findByRole('button', { name: 'Create experiment' }));
  const dialog = await screen.findByRole('dialog', { name: 'Create experiment' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'x');
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  expect(await within(dialog).findByText(/exists already/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Create' }));
  await waitFor(() => { expect(address()).toBe('/experiments/1'); });
});

it('Runs are listed with their metrics, parameters and how they ended', async () => {
  renderApp('/experiments/1');
  const table = await screen.findByRole('table', { name: 'Runs' });
  const [, first, second] = within(table).getAllByRole('row');
  expect(first).toHaveTextContent(/deep.*Completed.*2 min|deep.*Completed.*1 min 30 s/);
  expect(first).toHaveTextContent('NaN');
  expect(second).toHaveTextContent(/…aaaaaaa2.*Failed/);
  expect(within(table).getByRole('columnheader', { name: /depth/ })).toBeInTheDocument();
});

it('A filter is asked for by the grammar, and a wrong one is explained at the box', async () => {
  const { user, address } = renderApp('/experiments/1');
  await user.type(await screen.findByLabelText('Search runs'), 'metrics.accuracy > 0.9{Enter}');
  await waitFor(() => { expect(address()).toBe('/experiments/1?filter=metrics.accuracy+%3E+0.9'); });
  await waitFor(() => { expect(mock().requests.some((one) => one.path.includes('filter=metrics.accuracy+%3E+0.9'))).toBe(true); });
  mock().on('GET', /^\/api\/v1\/runs$/, () => refuse(400, 'invalid_field', 'The filter is wrong at character 1: x is no attribute.', { filter: ['The filter is wrong at character 1: x is no attribute.'] }));
  await user.clear(screen.getByLabelText('Search runs'));
  await user.type(screen.getByLabelText('Search runs'), 'x{Enter}');
  expect((await screen.findAllByText(/wrong at character 1/)).length).toBeGreaterThan(0);
});

it('Two chosen runs are compared: what differs, values with distances, charts with their numbers', async () => {
  const { user, address } = renderApp('/experiments/1');
  await user.click(await screen.findByRole('checkbox', { name: 'Choose deep' }));
  expect(screen.getByRole('button', { name: 'Compare' })).toBeDisabled();
  await user.click(screen.getByRole('checkbox', { name: 'Choose …aaaaaaa2' }));
  await user.click(screen.getByRole('button', { name: 'Compare 2' }));
  await waitFor(() => { expect(address()).toContain('/compare-runs?runs='); });
  const parameters = await screen.findByRole('table', { name: 'Parameters' });
  expect(parameters).toHaveTextContent('depth');
  expect(parameters).not.toHaveTextContent('optimizer');   // the same in both
  expect(screen.getByRole('table', { name: 'Metrics' })).toHaveTextContent('0.95 +0.04');
  await user.click(within(screen.getByRole('heading', { name: 'accuracy, latest' }).closest('section') ?? document.body).getByRole('button', { name: 'Table' }));
  expect(screen.getByRole('table', { name: 'accuracy, latest, numbers' })).toHaveTextContent('0.91');
  expect(screen.getByRole('heading', { name: 'Parallel coordinates' })).toBeInTheDocument();
});

it('A run shows what it logged, its files and its alerts; files are looked into', async () => {
  const { user } = renderApp(`/runs/${aRun().id}`);
  expect(await screen.findByRole('table', { name: 'Parameters' })).toHaveTextContent('optimizeradam');
  expect(screen.getByRole('list', { name: 'Alerts' })).toHaveTextContent(/loss > 0.5.*Met/);
  expect(screen.getByText('s3://data/customers')).toBeInTheDocument();
  expect(screen.getByText('deeper').tagName).toBe('STRONG');
  await user.click(await screen.findByRole('button', { name: 'model' }));
  await user.click(await screen.findByRole('button', { name: 'config.yaml' }));
  expect(await screen.findByRole('region', { name: 'Preview of config.yaml' })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Download model/config.yaml' })).toHaveAttribute('href', `/api/v1/runs/${aRun().id}/artifacts/model/config.yaml`);
});

it('Notes are saved against the version that was read; a refusal keeps the text', async () => {
  mock().on('PATCH', /^\/api\/v1\/runs\/[^/]+$/, () => refuse(412, 'stale_etag', 'Somebody changed it since you read it.'));
  const { user } = renderApp(`/runs/${aRun().id}`);
  await user.click(await screen.findByRole('button', { name: 'Edit' }));
  await user.type(screen.getByRole('textbox', { name: 'Notes' }), ' more');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/Somebody changed it/)).toBeInTheDocument();
  expect(screen.getByRole('textbox', { name: 'Notes' })).toHaveValue('# Tried\n- **deeper** trees more');
  expect(mock().requests.find((one) => one.method === 'PATCH')?.headers.get('If-Match')).toBe('"1"');
});

it('An experiment is edited: its description in place, its name, tags and status in a form', async () => {
  mock().on('PATCH', /^\/api\/v1\/experiments\/1$/, () => Response.json(anExperiment()));
  const { user } = renderApp('/experiments/1');
  expect(within(await screen.findByRole('group', { name: 'Tags' })).getByText('team: growth')).toBeInTheDocument();
  await user.click(await screen.findByRole('button', { name: 'Edit description' }));
  await user.type(screen.getByRole('textbox', { name: 'Description' }), ', and when');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(sent('PATCH', '/experiments/1')?.body).toEqual({ description: 'Who leaves, and when' }); });
  expect(sent('PATCH', '/experiments/1')?.headers.get('If-Match')).toBe('"1"');
  mock().requests.length = 0;
  await user.click(await screen.findByRole('button', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog', { name: 'Edit Churn 2026' });
  await user.type(within(dialog).getByRole('combobox', { name: 'Tags' }), 'paper{Enter}');
  await user.selectOptions(within(dialog).getByRole('combobox', { name: 'Status' }), 'Completed');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(sent('PATCH', '/experiments/1')?.body).toEqual({ name: 'Churn 2026', tags: { team: 'growth', paper: '' }, status: 'Completed' }); });
});

it('A run that is not there says so', async () => {
  renderApp('/runs/nobody');
  expect(await screen.findByText('There is no such run.')).toBeInTheDocument();
});

it('An artifact of a run becomes a version of a new model, and the page of the version opens', async () => {
  mock().on('GET', /\/runs\/[^/]+\/artifacts$/, () => page(['notes.txt', 'model.joblib', 'package/config.yaml', 'package/model/model.py'].map((path) => ({ path }))));
  mock().on('POST', /\/models\/iris-night\/versions$/, ({ body }) => Response.json({ ...mock().versions[0], model: 'iris-night', version: 1, ...(body as object) }, { status: 201 }));
  const { user, address } = renderApp('/runs/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1');
  await user.click(await screen.findByRole('button', { name: 'Register to Model Registry' }));
  const dialog = await screen.findByRole('dialog', { name: 'Register to Model Registry' });
  expect(await within(dialog).findByRole('combobox', { name: 'Artifact' })).toHaveValue('package');
  await user.click(within(dialog).getByRole('combobox', { name: 'Artifact' }));
  await user.click(await screen.findByRole('option', { name: 'model.joblib' }));
  await user.type(within(dialog).getByRole('combobox', { name: 'Model' }), 'iris-night');
  expect(await within(dialog).findByText(/A new model of this name/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Register' }));
  await waitFor(() => { expect(address()).toBe('/models/iris-night/1'); });
  expect(sent('POST', '/models')?.body).toMatchObject({ name: 'iris-night' });
  expect(sent('POST', '/models/iris-night/versions')?.body).toEqual({ source_run_id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', artifact_path: 'model.joblib', description: null, label: null });
});

it('A run is registered in a model that is not on the first page of all, which is not made again', async () => {
  mock().mostRows = 5;
  mock().models = [...Array.from({ length: 12 }, (_, at) => aModel({ name: `model-${at}` })), aModel({ name: 'zebra' })];
  mock().on('GET', /\/runs\/[^/]+\/artifacts$/, ({ url }) => (url.searchParams.get('page_token') === null ? page([{ path: 'a.txt' }], 'next') : page([{ path: 'model.joblib' }])));
  const { user } = renderApp('/runs/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1');
  await user.click(await screen.findByRole('button', { name: 'Register to Model Registry' }));
  const dialog = await screen.findByRole('dialog', { name: 'Register to Model Registry' });
  expect(await within(dialog).findByRole('combobox', { name: 'Artifact' })).toHaveValue('model.joblib');   // from the second page
  const model = within(dialog).getByRole('combobox', { name: 'Model' });
  await user.type(model, 'zebr');
  expect(await screen.findByRole('option', { name: 'zebra' })).toBeInTheDocument();
  expect(await within(dialog).findByText(/A new model of this name/)).toBeInTheDocument();   // zebr would be
  await user.type(model, 'a');
  expect(await within(dialog).findByText('One that is there, or a new name.')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Register' }));
  await waitFor(() => { expect(sent('POST', '/models/zebra/versions')).toBeDefined(); });
  expect(sent('POST', '/api/v1/models')).toBeUndefined();
});
