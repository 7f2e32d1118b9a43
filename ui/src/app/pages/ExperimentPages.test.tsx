import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { aModel } from '../../test/data.ts';
import { page, refuse } from '../../test/mock.ts';
import { renderApp } from '../../test/render.tsx';
import { anExperiment, anotherRun as other, aRun, serveRuns } from '../../test/runData.ts';
import { mock } from '../../test/setup.ts';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

beforeEach(() => { serveRuns([aRun(), other]); });

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

it('A heading asks the server for its order, of all runs and not of those that are loaded', async () => {
  serveRuns([aRun(), other], 'next');
  const { user, address } = renderApp('/experiments/1');
  const heading = async (name: RegExp) => within(await screen.findByRole('table', { name: 'Runs' })).getByRole('columnheader', { name });
  await user.click(within(await heading(/accuracy/)).getByRole('button'));
  await waitFor(() => { expect(mock().requests.some((one) => one.path.includes('order_by=metrics.accuracy+DESC'))).toBe(true); });
  expect(address()).toBe('/experiments/1?order_by=metrics.accuracy+DESC');
  expect(await heading(/accuracy/)).toHaveAttribute('aria-sort', 'descending');
  await user.click(within(await heading(/accuracy/)).getByRole('button'));
  await waitFor(() => { expect(address()).toBe('/experiments/1?order_by=metrics.accuracy+ASC'); });
  await user.click(within(await heading(/depth/)).getByRole('button'));
  await waitFor(() => { expect(address()).toBe('/experiments/1?order_by=params.depth+ASC'); });
  expect(await heading(/accuracy/)).not.toHaveAttribute('aria-sort');
  expect(within(await heading(/User/)).queryByRole('button')).toBeNull();   // the server has no order for it
});

it('Experiments are ordered by their headings; by what the server cannot order only when all are loaded', async () => {
  mock().on('GET', /^\/api\/v1\/experiments$/, ({ url }) => (url.searchParams.get('page_token') === null ? page([anExperiment()], 'next') : page([anExperiment({ id: '2', name: 'Zeal', status: 'Completed' })])));
  const { user, address } = renderApp('/experiments');
  const heading = async (name: RegExp) => within(await screen.findByRole('table', { name: 'Experiments' })).getByRole('columnheader', { name });
  expect(await heading(/Last activity/)).toHaveAttribute('aria-sort', 'descending');
  await user.click(within(await heading(/Runs/)).getByRole('button'));
  await waitFor(() => { expect(address()).toBe('/experiments?order=-runs'); });
  expect(within(await heading(/Status/)).queryByRole('button')).toBeNull();
  expect(within(await heading(/Status/)).getByText('Status')).toHaveAttribute('title', expect.stringContaining('Only some of the rows are loaded.'));
  await user.click(screen.getByRole('button', { name: 'Load more' }));
  await screen.findByRole('link', { name: 'Zeal' });
  await user.click(within(await heading(/Status/)).getByRole('button'));
  await user.click(within(await heading(/Status/)).getByRole('button'));
  expect(await heading(/Status/)).toHaveAttribute('aria-sort', 'descending');
  expect(within(screen.getByRole('table', { name: 'Experiments' })).getAllByRole('row')[1]).toHaveTextContent('Zeal');
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

it('Name and tags of a run are edited: only what was changed is sent', async () => {
  serveRuns([aRun({ tags: { team: 'growth', old: '', 'mlflow.a=b': 'kept' } })]);
  for (const method of ['PATCH', 'POST', 'DELETE']) mock().on(method, /^\/api\/v1\/runs\/[^/]+(\/log|\/tags)?$/, () => (method === 'PATCH' ? Response.json(aRun()) : new Response(null, { status: 204 })));
  const { user } = renderApp(`/runs/${aRun().id}`);
  await user.click(await screen.findByRole('button', { name: 'Edit run' }));
  const dialog = await screen.findByRole('dialog', { name: 'Edit deep' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'er');
  const tags = within(dialog).getByRole('combobox', { name: 'Tags' });
  await user.type(tags, 'paper{Enter}team=risk{Enter}');
  for (const word of ['team=growth', 'old']) await user.click(within(within(dialog).getByText(word).parentElement ?? document.body).getByRole('button', { hidden: true }));
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(sent('DELETE', '/tags')?.path).toBe(`/api/v1/runs/${aRun().id}/tags?key=old`); });
  expect(sent('PATCH', aRun().id)?.body).toEqual({ name: 'deeper' });
  expect(sent('PATCH', aRun().id)?.headers.get('If-Match')).toBe('"1"');
  expect(sent('POST', '/log')?.body).toEqual({ tags: { paper: '', team: 'risk' } });
  expect(mock().requests.filter((one) => one.method === 'DELETE')).toHaveLength(1);
});

it('A run that has ended says when, and goes on when it is resumed', async () => {
  mock().on('POST', /^\/api\/v1\/runs\/[^/]+\/resume$/, () => Response.json(aRun({ status: 'Running', ended_at: null })));
  const { user } = renderApp(`/runs/${aRun().id}`);
  await user.click(await screen.findByRole('button', { name: 'Resume' }));
  await waitFor(() => { expect(sent('POST', '/resume')).toBeDefined(); });
  expect(screen.getByText('Ended').nextElementSibling?.querySelector('time')).toHaveAttribute('datetime', '2026-01-01T00:01:30Z');
  expect(screen.queryByRole('button', { name: 'End run…' })).toBeNull();
});

it('A run whose program has vanished is ended with a reason; a refusal is shown and keeps it', async () => {
  serveRuns([aRun({ status: 'Running', ended_at: null })]);
  let refused = false;
  mock().on('POST', /^\/api\/v1\/runs\/[^/]+\/finish$/, () => {
    if (refused) return Response.json(aRun({ status: 'Failed' }));
    refused = true;
    return refuse(409, 'run_deleted', 'It is deleted; restore it first.');
  });
  const { user } = renderApp(`/runs/${aRun().id}`);
  await user.click(await screen.findByRole('button', { name: 'End run…' }));
  expect(screen.queryByRole('button', { name: 'Resume' })).toBeNull();
  const dialog = await screen.findByRole('dialog', { name: 'End deep' });
  await user.selectOptions(within(dialog).getByRole('combobox', { name: 'Ended as' }), 'Failed');
  await user.type(within(dialog).getByRole('textbox', { name: 'Why' }), 'the machine went away');
  await user.click(within(dialog).getByRole('button', { name: 'End run' }));
  expect(await within(dialog).findByText('It is deleted; restore it first.')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'End run' }));
  await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
  expect(sent('POST', '/finish')?.body).toEqual({ status: 'Failed', reason: 'the machine went away' });
});

it('An alert is added with what its notification says', async () => {
  mock().on('POST', /^\/api\/v1\/runs\/[^/]+\/alerts$/, () => Response.json({}, { status: 201 }));
  const { user } = renderApp(`/runs/${aRun().id}`);
  await user.type(await screen.findByRole('textbox', { name: 'Condition' }), 'loss > 2');
  await user.type(screen.getByRole('textbox', { name: 'Message' }), 'it diverges');
  await user.click(screen.getByRole('button', { name: 'Add alert' }));
  await waitFor(() => { expect(sent('POST', '/alerts')?.body).toEqual({ condition: 'loss > 2', message: 'it diverges' }); });
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
