import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

it('A model is registered from the list and opens', async () => {
  const { user, address } = renderApp('/models');
  await user.click(await screen.findByRole('button', { name: 'Register model' }));
  const dialog = await screen.findByRole('dialog', { name: 'Register model' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'iris');
  await user.click(within(dialog).getByRole('button', { name: 'Register' }));
  expect(await within(dialog).findByText(/exists already/)).toBeInTheDocument();
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), '-two');
  await user.click(within(dialog).getByRole('button', { name: 'Register' }));
  await waitFor(() => { expect(address()).toBe('/models/iris-two'); });
});

it('Several tags are asked for together, and stand in the address', async () => {
  const { user, address } = renderApp('/models');
  await user.type(await screen.findByLabelText('Tags'), 'demo, tabular');
  await waitFor(() => { expect(address()).toBe('/models?tag=demo%2C+tabular'); });
  await waitFor(() => { expect(mock().requests.some((one) => one.path.includes('tag=demo&tag=tabular'))).toBe(true); });
});

it('Changing a stage says what happens to the version that is there, and keeps the note', async () => {
  const { user } = renderApp('/models/iris/2');
  await user.click(await screen.findByRole('button', { name: 'Change stage' }));
  const dialog = await screen.findByRole('dialog', { name: 'Change stage of iris v2' });
  await user.click(within(dialog).getByRole('combobox', { name: 'New stage' }));
  await user.click(await screen.findByRole('option', { name: 'Production' }));
  expect(within(dialog).getByRole('checkbox', { name: 'Archive existing versions in Production' })).toBeChecked();
  expect(await within(dialog).findByText('v3 will be archived in the same step.')).toBeInTheDocument();
  await user.type(within(dialog).getByRole('textbox', { name: 'Note' }), 'v3 drifts');
  await user.click(within(dialog).getByRole('button', { name: 'Change stage' }));
  await waitFor(() => { expect(screen.queryByRole('dialog')).not.toBeInTheDocument(); });
  expect(sent('POST', '/versions/2/stage')?.body).toEqual({ stage: 'Production', archive_existing_versions: true, note: 'v3 drifts' });
  expect(await screen.findByText('v3 drifts')).toBeInTheDocument();
});

it('A stage without incumbents to archive does not ask about them', async () => {
  const { user } = renderApp('/models/iris/3');
  await user.click(await screen.findByRole('button', { name: 'Change stage' }));
  const dialog = await screen.findByRole('dialog', { name: 'Change stage of iris v3' });
  await user.click(within(dialog).getByRole('combobox', { name: 'New stage' }));
  await user.click(await screen.findByRole('option', { name: 'Archived' }));
  expect(within(dialog).queryByRole('checkbox')).not.toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Change stage' }));
  await waitFor(() => { expect(sent('POST', '/versions/3/stage')?.body).toEqual({ stage: 'Archived', note: null }); });
});

it('The model page tells who moved what, and who was in Production at a time', async () => {
  const { user } = renderApp('/models/iris');
  const history = await screen.findByRole('list', { name: 'Transitions' });
  expect(within(history).getByRole('listitem')).toHaveTextContent(/v3.*Staging.*Production.*by ada.*Better recall/);
  await user.type(screen.getByLabelText('Time'), '2026-11-21T12:00');
  expect(await screen.findByText(/deleted since/)).toHaveTextContent(/moved by grace/);
});

it('Aliases are added, moved and deleted in one dialog', async () => {
  const { user } = renderApp('/models/iris');
  await user.click(await screen.findByRole('button', { name: 'Manage aliases' }));
  const dialog = await screen.findByRole('dialog', { name: 'Aliases of iris' });
  expect(within(dialog).getByRole('region', { name: 'Moves' })).toHaveTextContent('@latest-prod moved from v2 to v3');
  await user.type(within(dialog).getByRole('textbox', { name: 'New alias' }), 'latest');
  await user.click(within(dialog).getByRole('combobox', { name: 'Points to' }));
  await user.click(await screen.findByRole('option', { name: 'v2, Archived' }));
  await user.click(within(dialog).getByRole('button', { name: 'Add' }));
  expect(await within(dialog).findByText('An alias is not latest.')).toBeInTheDocument();
  await user.clear(within(dialog).getByRole('textbox', { name: 'New alias' }));
  await user.type(within(dialog).getByRole('textbox', { name: 'New alias' }), 'champion');
  await user.click(within(dialog).getByRole('button', { name: 'Add' }));
  expect(await within(dialog).findByText('@champion')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Delete alias latest-prod' }));
  await waitFor(() => { expect(mock().aliases.map((one) => one.alias)).toEqual(['champion']); });
  await user.keyboard('{Escape}');   // what was typed is saved, so nobody is asked
  await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
});

it('A deletion lists what goes before it is confirmed', async () => {
  const { user, address } = renderApp('/models/iris/2');
  await user.click(await screen.findByRole('button', { name: 'Delete version' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete iris v2' });
  expect(await within(dialog).findByText('the alias @champion')).toBeInTheDocument();
  await user.type(within(dialog).getByRole('textbox'), 'v2');
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => { expect(address()).toBe('/models/iris'); });
});

it('A model with a version in Production says why it cannot be deleted', async () => {
  const { user } = renderApp('/models/iris');
  await user.click(await screen.findByRole('button', { name: 'Delete model' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete iris' });
  expect(await within(dialog).findByText(/transition it to Archived first/)).toBeInTheDocument();
  expect(within(dialog).getByText(/3 versions: v3, v2, v1/)).toBeInTheDocument();
});

it('Descriptions and tags are edited in place', async () => {
  const { user } = renderApp('/models/iris');
  await user.click(await screen.findByRole('button', { name: 'Edit description' }));
  const text = screen.getByRole('textbox', { name: 'Description' });
  await user.clear(text);
  await user.type(text, 'Tells irises apart');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Tells irises apart')).toBeInTheDocument();
  expect(sent('PATCH', '/models/iris')?.headers.get('If-Match')).toBe('"7"');
});

it('A version takes tags with values', async () => {
  const { user } = renderApp('/models/iris/3');
  await user.type(await screen.findByLabelText('Tag key'), 'validation_accuracy');
  await user.type(screen.getByLabelText('Tag value'), '0.943');
  await user.click(screen.getByRole('button', { name: 'Set tag' }));
  expect(await screen.findByText('validation_accuracy')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Delete tag validated_by' }));
  await waitFor(() => { expect(screen.queryByText('validated_by')).not.toBeInTheDocument(); });
});

it('A version whose file says so shows what the model takes and gives', async () => {
  const version = mock().versions.find((one) => one.version === 3);
  if (version === undefined) throw new Error('no version 3');
  version.signature = {
    inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 64], dimensions: ['batch', null], structure: null }],
    outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, -1], dimensions: [null, null], structure: 'sequence(map(INT64, FP32))' }],
    producer: 'skl2onnx', producer_version: '1.16', graph_name: 'g', description: '', ir_version: 8, opsets: { 'ai.onnx': 15 }, metadata: { accuracy: '0.986' },
  };
  renderApp('/models/iris/3');
  const table = await screen.findByRole('table', { name: 'Signature' });
  expect(within(table).getByRole('row', { name: /input/ })).toHaveTextContent('inputimageFP32[batch, 64]');
  expect(within(table).getByRole('row', { name: /output/ })).toHaveTextContent('outputprobabilitiessequence(map(INT64, FP32))[any, any]');
  expect(screen.getByText('skl2onnx 1.16')).toBeInTheDocument();
  expect(screen.getByText('ai.onnx 15')).toBeInTheDocument();
});
