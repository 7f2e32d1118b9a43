import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { aModel, aVersion } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';
import './ModelPages.tsx';   // These two are loaded on demand, which on a busy machine takes longer than a question waits.
import './NewDeploymentPage.tsx';

// Pages of 10, so that 25 are many.
const MANY = 25;
const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

beforeEach(() => {
  mock().mostRows = 10;
  mock().models = Array.from({ length: 30 }, (_, at) => aModel({ name: `model-${String(at).padStart(3, '0')}` }));
  mock().models.push(aModel({ name: 'zebra' }));
  mock().versions = Array.from({ length: MANY }, (_, at) => aVersion({
    model: 'zebra', version: MANY - at, label: null, aliases: [], stage: at === MANY - 7 ? 'Production' : 'None', runnable: at > 12,
  }));
  mock().aliases = [];
});

it('Versions are loaded page by page, down to the first', async () => {
  const { user } = renderApp('/models/zebra');
  const table = await screen.findByRole('table', { name: 'Versions' });
  expect(within(table).getAllByRole('checkbox')).toHaveLength(10);
  for (const loaded of [20, MANY]) {
    await user.click(screen.getByRole('button', { name: 'Load more' }));
    await waitFor(() => { expect(within(table).getAllByRole('checkbox')).toHaveLength(loaded); });
  }
  expect(within(table).getByRole('link', { name: 'v1' })).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
}, 60_000);

it('The newest version that runs is offered for deployment, also when it is not on the first page', async () => {
  renderApp('/models/zebra');
  expect(await screen.findByRole('button', { name: `Deploy v${MANY - 13}` })).toBeInTheDocument();
});

it('A change of stage names the version that is there, however old it is', async () => {
  const { user } = renderApp(`/models/zebra/${MANY}`);
  await user.click(await screen.findByRole('button', { name: 'Change stage' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('combobox', { name: 'New stage' }));
  await user.click(await screen.findByRole('option', { name: 'Production' }));
  expect(await within(dialog).findByText('v7 will be archived in the same step.')).toBeInTheDocument();
});

it('An alias is set to an old version by typing its number', async () => {
  const { user } = renderApp('/models/zebra');
  await user.click(await screen.findByRole('button', { name: 'Manage aliases' }));
  const dialog = await screen.findByRole('dialog', { name: 'Aliases of zebra' });
  await user.type(within(dialog).getByRole('textbox', { name: 'New alias' }), 'champion');
  const picker = within(dialog).getByRole('combobox', { name: 'Points to' });
  await user.click(picker);
  expect(await screen.findByRole('option', { name: `v${MANY}` })).toBeInTheDocument();
  await user.type(picker, 'v1');
  await user.click(await screen.findByRole('option', { name: 'v1' }));   // v19 to v10 fill the page; the one of exactly that name stands before them
  await waitFor(() => { expect(picker).toHaveValue('v1'); });
  await user.click(within(dialog).getByRole('button', { name: 'Add' }));
  await waitFor(() => { expect(sent('PUT', '/aliases/champion')?.body).toEqual({ version: '1' }); });
  expect(await within(dialog).findByRole('combobox', { name: 'Version of champion' })).toHaveValue('v1');
}, 60_000);

it('A new deployment finds its model and its version by typing', async () => {
  const { user } = renderApp('/deployments/new');
  const model = await screen.findByRole('combobox', { name: 'Model' });
  await user.type(model, 'zeb');
  await user.click(await screen.findByRole('option', { name: 'zebra' }));
  const version = screen.getByRole('combobox', { name: 'Version' });
  await waitFor(() => { expect(version).toHaveValue(`v${MANY - 13}`); });
  await user.clear(version);
  await user.type(version, '7');
  await user.click(await screen.findByRole('option', { name: 'v7, Production' }));
  await user.click(screen.getByRole('button', { name: 'Create deployment' }));
  await waitFor(() => { expect(sent('POST', '/deployments')?.body).toMatchObject({ model: 'zebra', version: '7', name: 'zebra' }); });
}, 60_000);
