import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { refuse } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));
const href = (element: HTMLElement) => decodeURIComponent(element.getAttribute('href') ?? '');

it('Files of a version are a tree, and what is chosen comes as one file or as a zip of the shortest list', async () => {
  const { user } = renderApp('/models/iris/3?tab=artifacts');
  const tree = await screen.findByRole('list', { name: 'Files' });
  expect(within(tree).getByRole('button', { name: 'data', expanded: true })).toBeInTheDocument();
  expect(href(screen.getByRole('link', { name: 'Download all' }))).toBe('/api/v1/models/iris/versions/3/archive');
  await user.click(within(tree).getByRole('checkbox', { name: 'Choose config.yaml' }));
  expect(href(screen.getByRole('link', { name: /Download 1 file/ }))).toBe('/api/v1/models/iris/versions/3/files/config.yaml');
  await user.click(within(tree).getByRole('checkbox', { name: 'Choose data' }));
  expect(href(screen.getByRole('link', { name: /Download 2 files/ }))).toBe('/api/v1/models/iris/versions/3/archive?path=data&path=config.yaml');
  await user.click(within(tree).getByRole('button', { name: 'iris.joblib' }));
  expect(await screen.findByText('No preview of this kind of file')).toBeInTheDocument();
});

it('Validation metrics are added beside the training metrics and can be taken away', async () => {
  const { user } = renderApp('/models/iris/3?tab=metrics');
  const training = await screen.findByRole('table', { name: 'Training metrics' });
  expect(within(training).getByRole('row', { name: /accuracy 0.973 2/ })).toBeInTheDocument();
  await user.type(screen.getByRole('textbox', { name: 'Metric' }), 'f1');
  await user.type(screen.getByRole('textbox', { name: 'Value' }), '0.9');
  await user.click(screen.getByRole('button', { name: 'Add metric' }));
  await waitFor(() => { expect(sent('PUT', '/versions/3/metrics')?.body).toEqual({ metrics: { f1: 0.9 }, step: 0 }); });
  const validation = await screen.findByRole('table', { name: 'Validation metrics' });
  expect(await within(validation).findByText('f1')).toBeInTheDocument();
  await user.click(within(validation).getByRole('button', { name: 'Delete metric val_accuracy' }));
  await waitFor(() => { expect(within(validation).queryByText('val_accuracy')).not.toBeInTheDocument(); });
});

it('Versions are chosen on the model page and stand side by side, the best marked, and a direction can be turned round', async () => {
  const { user, address } = renderApp('/models/iris');
  await user.click(await screen.findByRole('checkbox', { name: 'Choose v3' }));
  expect(screen.getByRole('button', { name: 'Compare' })).toBeDisabled();
  await user.click(screen.getByRole('checkbox', { name: 'Choose v2' }));
  await user.click(screen.getByRole('button', { name: 'Compare 2' }));
  await waitFor(() => { expect(address()).toBe('/models/iris/compare/2...3'); });

  const metrics = await screen.findByRole('table', { name: 'Metrics' });
  const accuracy = within(metrics).getByRole('row', { name: /^accuracy/ });
  expect(within(accuracy).getAllByRole('cell')[1]).toHaveTextContent('0.973+0.033');
  expect(within(within(accuracy).getAllByRole('cell')[1] ?? accuracy).getByLabelText('best')).toBeInTheDocument();
  expect(within(metrics).getByRole('row', { name: /^val_accuracy/ })).toHaveTextContent('–');
  expect(screen.getByRole('row', { name: /^tol/ })).toHaveTextContent('added');
  expect(screen.queryByRole('row', { name: /^solver/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole('checkbox', { name: 'Also what is the same' }));
  expect(screen.getByRole('row', { name: /^solver/ })).toBeInTheDocument();

  await user.click(screen.getByRole('button', { name: 'accuracy: higher is better; turn round' }));
  await waitFor(() => { expect(address()).toContain('lower=accuracy'); });
  await waitFor(() => { expect(within(within(screen.getByRole('row', { name: /^accuracy/ })).getAllByRole('cell')[0] ?? metrics).getByLabelText('best')).toBeInTheDocument(); });
});

it('The lineage names what came before and after, and its nodes are links where there is something to open', async () => {
  const { user, address } = renderApp('/models/iris/3?tab=lineage');
  const graph = await screen.findByRole('group', { name: /Lineage/ });
  expect(within(graph).queryByRole('link', { name: 'base v1' })).not.toBeInTheDocument();
  expect(within(graph).getByText('Version, deleted')).toBeInTheDocument();
  await user.hover(within(graph).getByText('2 parameters'));
  expect(await screen.findByText('1e-4')).toBeInTheDocument();
  await user.click(within(graph).getByRole('link', { name: 'production/iris' }));
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/overview'); });
});

it('A line of the lineage opens the page that it leads to, and parameters the run that they configured', async () => {
  const { user, address } = renderApp('/models/iris/3?tab=lineage');
  const graph = await screen.findByRole('group', { name: /Lineage/ });
  expect(within(graph).getByRole('link', { name: '2 parameters' })).toHaveAttribute('href', '/ui/runs/0123');
  expect(within(graph).getByRole('link', { name: 'iris-2026' })).toHaveAttribute('href', '/ui/runs/0123');
  await user.click(within(graph).getByRole('link', { name: 'iris v3 is live in production/iris' }));
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/overview'); });
});

it('Deploying what is not in Production says so, and a taken name is told at its field', async () => {
  const { user, address } = renderApp('/models/iris/2');
  await user.click(await screen.findByRole('button', { name: 'Deploy' }));
  const dialog = await screen.findByRole('dialog', { name: 'Deploy iris v2' });
  expect(within(dialog).getByText(/in Archived, not in Production/)).toBeInTheDocument();
  mock().on('POST', /\/deployments$/, () => Response.json({ type: '', title: '', status: 409, detail: 'iris is taken by grace.', code: 'name_taken', request_id: null }, { status: 409 }));
  await user.click(within(dialog).getByRole('button', { name: 'Deploy' }));
  expect(await within(dialog).findByText('iris is taken by grace.')).toBeInTheDocument();
  expect(address()).toBe('/models/iris/2');
});

it('A version is deployed with a kind of GPU, and a machine without one says so at the field', async () => {
  const { user } = renderApp('/models/iris/3');
  await user.click(await screen.findByRole('button', { name: 'Deploy' }));
  const dialog = await screen.findByRole('dialog', { name: 'Deploy iris v3' });
  mock().on('POST', /\/deployments$/, () => refuse(400, 'invalid_field', 'No.', { gpu_count: ['This machine has no GPU.'] }));
  await user.selectOptions(within(dialog).getByRole('combobox', { name: 'GPU' }), 'A100');
  await user.click(within(dialog).getByRole('button', { name: 'Deploy' }));
  expect(await within(dialog).findByText('This machine has no GPU.')).toBeInTheDocument();
  expect(sent('POST', '/deployments')?.body).toMatchObject({ gpu_count: 1, gpu_type: 'A100' });
});

it('A version in Production is deployed to production without a warning', async () => {
  const { user, address } = renderApp('/models/iris/3');
  await user.click(await screen.findByRole('button', { name: 'Deploy' }));
  const dialog = await screen.findByRole('dialog', { name: 'Deploy iris v3' });
  expect(within(dialog).queryByText(/not in Production/)).not.toBeInTheDocument();
  await user.clear(within(dialog).getByRole('textbox', { name: 'Endpoint name' }));
  await user.type(within(dialog).getByRole('textbox', { name: 'Endpoint name' }), 'iris-api');
  await user.click(within(dialog).getByRole('button', { name: 'Deploy' }));
  await waitFor(() => { expect(sent('POST', '/deployments')?.body).toMatchObject({ name: 'iris-api', environment: 'production', version: '3', min_replicas: 1, max_replicas: 1 }); });
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris-api/overview'); });
});
