import { act, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aDeployment, aRevision, aSession } from '../../test/data.ts';
import { FakeEventSource } from '../../test/eventSource.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const two = () => {
  const [main] = aRevision().variants;
  if (main === undefined) throw new Error('The revision has a variant.');
  return aRevision({
    variants: [{ ...main, name: 'main' }, { ...main, name: 'spare', is_default: false, model_version: 2 }],
    routing: { fields: [{ name: 'country', type: 'string', pointer: null }], rows: [{ variant: 'spare', conditions: { country: { operator: 'in', value: ['NO', 'SE'] } }, weight: null }], identity: null },
  });
};
const open = () => {
  mock().deployments = [aDeployment({ live: two() })];
  return renderApp('/deployments/production/iris/routing');
};
const sent = (end: string) => mock().requests.find((one) => one.method === 'POST' && one.path.endsWith(end))?.body;

it('The table has a row for each condition on a variant, and row 0 for the default', async () => {
  open();
  const table = await screen.findByRole('table', { name: 'Routing' });
  expect(within(table).getAllByRole('row')).toHaveLength(3);
  expect(within(table).getByRole('button', { name: 'Row 1, country: is one of NO, SE' })).toBeInTheDocument();
  expect(within(table).getByRole('row', { name: /^0 main/ })).toHaveTextContent('answers when no row does');
});

it('A copy, a row and a condition are saved as one new revision; the default cannot be deleted', async () => {
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Variant: main' }));
  expect(await screen.findByRole('menuitem', { name: 'The default cannot be deleted' })).toHaveAttribute('data-disabled', 'true');
  await user.click(screen.getByRole('menuitem', { name: 'Add a copy of main' }));
  await user.click(screen.getByRole('button', { name: 'Add a row' }));
  await user.click(screen.getByRole('button', { name: 'Row 2, country: *' }));
  await user.selectOptions(await screen.findByRole('combobox', { name: 'country' }), 'starts_with');
  await user.type(screen.getByRole('textbox', { name: 'Value' }), 'D');
  await user.click(screen.getByRole('button', { name: 'Save and roll out' }));
  await waitFor(() => {
    expect(sent('/revisions')).toEqual({
      variants: [{ name: 'main', default: true, fallback: null }, { name: 'spare', default: false, fallback: null }, { name: 'main-2', default: false, from: 'main', fallback: null }],
      routing: {
        fields: [{ name: 'country', type: 'string' }],
        rows: [{ variant: 'spare', conditions: { country: { operator: 'in', value: ['NO', 'SE'] } } }, { variant: 'main-2', conditions: { country: { operator: 'starts_with', value: 'D' } } }],
      },
    });
  });
});

it('Deleting a variant takes its rows along', async () => {
  const { user } = open();
  await user.click(await screen.findByRole('tab', { name: 'spare' }));
  await user.click(screen.getByRole('button', { name: 'Variant: spare' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete, with its row' }));
  expect(within(screen.getByRole('table', { name: 'Routing' })).getAllByRole('row')).toHaveLength(2);
  await user.click(screen.getByRole('button', { name: 'Discard' }));
  expect(within(screen.getByRole('table', { name: 'Routing' })).getAllByRole('row')).toHaveLength(3);
});

it('The simulator asks about the table in the editor and shows why a row does not match', async () => {
  mock().on('POST', /\/simulate$/, () => Response.json({
    revision: null, variant: 'main', row: 0, result: 'default_matched', detail: 'No row matches: the default variant main answers.', fields: [], ignored: [],
    rows: [
      { row: 1, variant: 'spare', matched: false, answers: false, detail: '', cells: [{ field: 'country', condition: 'country is one of "NO", "SE"', matched: false, detail: 'country is "DK"; wanted: is one of "NO", "SE"' }] },
      { row: 0, variant: 'main', matched: true, answers: true, detail: 'The default row.', cells: [] },
    ],
  }));
  const { user } = open();
  await user.type(await screen.findByRole('textbox', { name: 'country' }), 'DK');
  await user.click(screen.getByRole('button', { name: 'Simulate' }));
  const table = await screen.findByRole('table', { name: 'Simulation' });
  expect(within(table).getByRole('row', { name: /spare/ })).toHaveTextContent('country is "DK"; wanted: is one of "NO", "SE"');
  expect(within(table).getByRole('img', { name: 'does not match' })).toBeInTheDocument();
  expect(sent('/simulate')).toMatchObject({ context: { country: 'DK' }, variants: ['main', 'spare'] });
});

it('A cleared number of tries is sent as null, which takes it away; numbers of replicas alone roll nothing out', async () => {
  const live = two();
  mock().deployments = [aDeployment({ live: { ...live, variants: live.variants.map((one) => (one.is_default ? { ...one, retries: 2 } : one)) } })];
  const { user } = renderApp('/deployments/production/iris/routing');
  await user.type(await screen.findByLabelText('Least replicas'), '2');
  expect(screen.getByText(/change in place, and nothing is rolled out/)).toBeInTheDocument();
  expect(screen.queryByLabelText('How it is rolled out')).not.toBeInTheDocument();
  await user.clear(screen.getByLabelText('Retries before it'));
  await user.click(screen.getByRole('button', { name: 'Save and roll out' }));
  await waitFor(() => { expect(sent('/revisions')).toMatchObject({ variants: [{ name: 'main', retries: null, min_replicas: 2 }, { name: 'spare' }] }); });
});

it('When somebody else changes it, edits are kept and it says so; without edits it follows', async () => {
  const { user } = open();
  const others = (min: number) => {
    const [now] = mock().deployments;
    if (now === undefined) throw new Error('There is a deployment.');
    mock().deployments = [{ ...now, etag: `"${min}"`, autoscaling: { ...now.autoscaling, variants: { main: { min_replicas: min, max_replicas: 9 } } } }];
    act(() => { FakeEventSource.send('/api/v1/events', 'change', { sequence: min, kind: 'deployment', resource: 'deployments/production/iris', at: new Date().toISOString() }); });
  };
  expect(await screen.findByLabelText('Least replicas')).toHaveValue('');
  others(2);
  await waitFor(() => { expect(screen.getByLabelText('Least replicas')).toHaveValue('2'); });
  await user.type(screen.getByLabelText('Retries before it'), '3');
  others(4);
  expect(await screen.findByText('It was changed meanwhile')).toBeInTheDocument();
  expect(screen.getByLabelText('Retries before it')).toHaveValue('3');
  await user.click(screen.getAllByRole('link', { name: 'Deployments' })[0] as HTMLElement);
  await user.click(await screen.findByRole('button', { name: 'Keep editing' }));
  expect(screen.getByLabelText('Retries before it')).toHaveValue('3');
  await user.click(screen.getByRole('button', { name: 'Discard mine, show what is live' }));
  expect(screen.getByLabelText('Least replicas')).toHaveValue('4');
  expect(screen.queryByText('It was changed meanwhile')).toBeNull();
});

it('Who may not operate the deployment looks at every variant and simulates, and changes nothing', async () => {
  mock().session = aSession({ user: 'vera', role: 'viewer', rights: ['read', 'predict'] });
  const { user } = open();
  const table = await screen.findByRole('table', { name: 'Routing' });
  expect(await screen.findByText('Your role may look here, not change.')).toBeInTheDocument();
  const row = within(table).getByRole('button', { name: 'Row 1, country: is one of NO, SE' });
  expect(row).toBeDisabled();
  await user.click(row);
  expect(screen.queryByRole('combobox', { name: 'country' })).toBeNull();
  expect(within(table).getByLabelText('Variant of row 1')).toBeDisabled();
  expect(within(table).getByRole('button', { name: 'Actions for row 1' })).toBeDisabled();
  for (const name of ['Variant: main', 'Add a row', 'Save and roll out']) expect(screen.queryByRole('button', { name }), name).toBeNull();
  expect(screen.getByLabelText('Retries before it')).toBeDisabled();
  await user.click(screen.getByRole('tab', { name: 'spare' }));
  expect(screen.getByRole('tab', { name: 'spare' })).toHaveAttribute('aria-selected', 'true');
  await user.click(screen.getByRole('button', { name: 'Simulate' }));
  await waitFor(() => { expect(sent('/simulate')).toBeDefined(); });
});

it('Execute sends the context that the table decides on, typed, and says which row matched', async () => {
  const live = two();
  mock().deployments = [aDeployment({ live: { ...live, routing: { ...live.routing, fields: [{ name: 'country', type: 'string', pointer: null }, { name: 'age', type: 'number', pointer: null }] } } })];
  mock().on('POST', /models\/iris$/, () => Response.json({ status: 'OK', result: 1 }, { headers: { 'Slipway-Variant': 'spare', 'Slipway-Routing': 'matched; row=1' } }));
  const { user } = renderApp('/deployments/production/iris/execute');
  const context = await screen.findByRole('region', { name: 'Context' });
  await user.type(within(context).getByLabelText('country'), 'NO');
  await user.type(within(context).getByLabelText('age'), 'old');
  expect(within(context).getByText(/counts as not given/)).toBeInTheDocument();
  await user.clear(within(context).getByLabelText('age'));
  await user.type(within(context).getByLabelText('age'), '61');
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  expect(await screen.findByText(/row 1 matched/)).toBeInTheDocument();
  const call = mock().requests.find((one) => one.method === 'POST' && one.path === '/production/models/iris');
  expect(JSON.parse(call?.headers.get('Slipway-Context') ?? '')).toEqual({ country: 'NO', age: 61 });
});
