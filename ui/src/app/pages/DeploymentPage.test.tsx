import { act, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aDeployment, aLogLine, anAnalytics, aRevision, aRollout, aVersion, ago } from '../../test/data.ts';
import { FakeEventSource } from '../../test/eventSource.ts';
import { page } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const at = (tab: string) => renderApp(`/deployments/production/iris/${tab}`);
const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

it('The address of a deployment without a tab leads to its overview', async () => {
  const { address } = renderApp('/deployments/production/iris');
  expect(await screen.findByRole('heading', { name: 'iris', level: 1 })).toBeInTheDocument();
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/overview'); });
});

it('The overview tells the endpoint, the replicas with their last exit, which limits hold, the code and the packages', async () => {
  at('overview');
  const replicas = await screen.findByRole('table', { name: 'Replicas' });
  expect(within(replicas).getByText('exceeded its memory limit')).toBeInTheDocument();
  expect(within(replicas).getByText('Used 262 MiB of 256 MiB')).toBeInTheDocument();
  expect(within(replicas).getByRole('cell', { name: '4711' })).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Copy endpoint' })).toBeInTheDocument();
  expect(screen.getAllByText('Enforced')).toHaveLength(2);
  expect(await screen.findByRole('row', { name: /data\/iris.joblib 1.4 MiB/ })).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'model/model.py' })).toHaveAttribute('aria-pressed', 'true');
  expect(screen.getByLabelText('Packages')).toHaveTextContent('scikit-learn==1.2.1');
});

it('Execute starts with the version’s sample, sends it as origin ui with the session’s token, and links the answer to History', async () => {
  const { user } = at('execute');
  await user.click(await screen.findByRole('button', { name: 'Execute' }));
  expect(await screen.findByText('200 Answered')).toBeInTheDocument();
  const call = mock().requests.find((one) => one.method === 'POST' && one.path === '/production/models/iris');
  expect(call?.body).toEqual({ inputs: [[5.1, 3.5, 1.4, 0.2]] });
  expect(call?.headers.get('Slipway-Origin')).toBe('ui');
  expect(call?.headers.get('Slipway-Csrf')).toBe('csrf-1');
  expect(screen.getByRole('link', { name: 'open in History' })).toHaveAttribute('href', '/ui/deployments/production/iris/history?open=0197f3a2-1111-7000-8000-000000000001');
});

it('A streamed answer is shown as it arrives', async () => {
  const encoder = new TextEncoder();
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  mock().on('POST', /models\/iris$/, () => new Response(new ReadableStream({ start: (controller) => { stream = controller; } }), { headers: { 'Content-Type': 'application/octet-stream', 'Slipway-Prediction-Id': 'p1' } }));
  const { user } = at('execute');
  await user.click(await screen.findByRole('button', { name: 'Execute' }));
  await waitFor(() => { expect(stream).toBeDefined(); });
  act(() => { stream?.enqueue(encoder.encode('"one"\n')); });
  expect(await screen.findByText('200 streaming')).toBeInTheDocument();
  expect(screen.getByLabelText('Answer')).toHaveTextContent('"one"');
  act(() => { stream?.enqueue(encoder.encode('"two"\n')); stream?.close(); });
  expect(await screen.findByText('200 Answered')).toBeInTheDocument();
  expect(screen.getByLabelText('Answer')).toHaveTextContent('"one" "two"');
});

it('An error of the model is shown with its sentence and code', async () => {
  mock().on('POST', /models\/iris$/, () => Response.json({ status: 'error', message: 'The model raised ValueError.', code: 'model_error' }, { status: 502 }));
  const { user } = at('execute');
  await user.click(await screen.findByRole('button', { name: 'Execute' }));
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('The model raised ValueError.');
  expect(alert).toHaveTextContent('model_error');
});

const image = { name: 'image', datatype: 'FP32', shape: [-1, 64], dimensions: ['batch', null], structure: null };
const digits = () => aVersion({
  runtime: 'onnx', detected: 'onnx', example_input: { inputs: { image: [Array.from({ length: 64 }, (_, at) => at % 17)] } }, input_view: { kind: 'drawing', input: 'image', width: 8, height: 8, ink: 16 },
  signature: { inputs: [image], outputs: [], producer: null, producer_version: null, graph_name: null, description: null, ir_version: 9, opsets: {}, metadata: {} },
});
const given = (version: ReturnType<typeof aVersion>) => {
  mock().versions = [version];
  mock().deployments = [aDeployment({ live: aRevision({ variants: aRevision().variants.map((one) => ({ ...one, runtime: version.runtime ?? '' })) }) })];
};
const asked = () => mock().requests.filter((one) => one.method === 'POST' && one.path === '/production/models/iris').map((one) => one.body);

it('Execute has a field for each input of a signature, holds it to datatype and shape, and writes the JSON beside it', async () => {
  given({ ...digits(), input_view: null });
  const { user } = at('execute');
  await user.click(await screen.findByRole('button', { name: 'Sample' }));
  const field = await screen.findByRole('textbox', { name: 'image, FP32 [batch, 64]' });
  expect(field).toHaveValue(Array.from({ length: 64 }, (_, one) => one % 17).join(', '));
  await user.clear(field);
  await user.click(field);
  await user.paste('1 2 3');
  expect(screen.getByText('Line 1 has 3 values; 64 are expected.')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Execute' })).toBeDisabled();
  await user.clear(field);
  await user.click(field);
  await user.paste(Array(64).fill('0.5').join(' '));
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  await waitFor(() => { expect(asked()).toEqual([{ inputs: { image: [Array(64).fill(0.5)] } }]); });
  await user.click(screen.getByRole('radio', { name: 'JSON' }));
  expect(await screen.findByLabelText('Input, JSON')).toBeInTheDocument();
});

it('What is drawn by keyboard is asked at once, and the class scores follow with the highest marked', async () => {
  given(digits());
  mock().on('POST', /models\/iris$/, () => Response.json(
    { status: 'OK', result: { digit: [1], probabilities: [[0.25, 0.75]] } }, { headers: { 'Slipway-Queue-Ms': '0.02', 'Slipway-Replica-Ms': '0.41' } }));
  const { user } = at('execute');
  const pad = await screen.findByRole('application', { name: 'Drawing, 8 by 8 pixels' });
  await user.click(screen.getByRole('button', { name: 'Clear' }));
  act(() => { pad.focus(); });
  await user.keyboard(' {Shift>}{ArrowDown}{/Shift}');
  expect(screen.getByText('Row 6, column 5: ink 16 of 16')).toBeInTheDocument();
  const bars = await screen.findByRole('table', { name: 'probabilities' });
  expect(within(bars).getByRole('row', { name: /^1 .*75.0 %$/ })).toHaveAttribute('data-best');
  const drawn = Array.from({ length: 64 }, (_, one) => (one === 36 || one === 44 ? 16 : 0));
  await waitFor(() => { expect(asked().at(-1)).toEqual({ inputs: { image: [drawn] } }); });
  expect(screen.getByText(/0\.41 ms/)).toBeInTheDocument();
});

const input = (name: string, datatype: string, shape: number[]) => ({ name, datatype, shape, dimensions: shape.map(() => null), structure: null });
const taking = (...inputs: ReturnType<typeof input>[]) => aVersion({
  runtime: 'onnx', detected: 'onnx', input_view: null, example_input: { inputs: Object.fromEntries(inputs.map((one) => [one.name, one.shape.length === 0 ? 0 : [[0, 0]]])) },
  signature: { inputs, outputs: [], producer: null, producer_version: null, graph_name: null, description: null, ir_version: 9, opsets: {}, metadata: {} },
});

it('Each input keeps its own error, and nothing is asked while there is one', async () => {
  given(taking(input('x', 'FP32', [-1, 2]), input('sr', 'INT64', [])));
  const { user } = at('execute');
  await user.click(await screen.findByRole('button', { name: 'Sample' }));
  const [x, sr] = [await screen.findByRole('textbox', { name: 'x, FP32 [any, 2]' }), screen.getByRole('textbox', { name: 'sr, INT64 []' })];
  expect([x, sr].map((field) => (field as HTMLTextAreaElement).value)).toEqual(['0, 0', '0']);
  expect(screen.queryByRole('alert')).toBeNull();
  const enter = async (field: HTMLElement, text: string) => { await user.clear(field); await user.click(field); await user.paste(text); };
  await enter(x, '1 2 3');
  await enter(sr, '16000');
  expect(screen.getByRole('alert')).toHaveTextContent('x: Line 1 has 3 values; 2 are expected.');
  expect(screen.getByRole('button', { name: 'Execute' })).toBeDisabled();
  await user.keyboard('{Control>}{Enter}{/Control}');
  await enter(x, '1 2');
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  await waitFor(() => { expect(asked()).toEqual([{ inputs: { x: [[1, 2]], sr: 16000 } }]); });

  // The sample is back, in the field whose text was wrong too.
  await enter(sr, 'many');
  await user.click(screen.getByRole('button', { name: 'Sample' }));
  await enter(screen.getByRole('textbox', { name: 'sr, INT64 []' }), '[1]');
  expect(screen.getByRole('alert')).toHaveTextContent('sr: One value is expected, not a list.');
  await user.click(screen.getByRole('button', { name: 'Sample' }));
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getByRole('textbox', { name: 'sr, INT64 []' })).toHaveValue('0');
});

it('The filters of the history are its address, and Reset all clears them', async () => {
  const { user, address } = at('history');
  expect(await within(await screen.findByRole('table', { name: 'Predictions' })).findByText('502')).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText('Response'), '5xx');
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/history?status=5xx'); });
  await waitFor(() => { expect(within(screen.getByRole('table', { name: 'Predictions' })).getAllByRole('row')).toHaveLength(2); });
  await user.click(screen.getByRole('button', { name: 'Export' }));
  expect(await screen.findByRole('menuitem', { name: /JSON lines/ })).toHaveAttribute('href', expect.stringMatching(/predictions\.jsonl\?environment=production&deployment=iris&status=5xx/));
  await user.keyboard('{Escape}');
  await user.click(screen.getByRole('button', { name: 'Reset all' }));
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/history'); });
});

it('Enter on a row opens the prediction with its input and output', async () => {
  const { user, address } = at('history');
  const row = (await screen.findByRole('cell', { name: /502/ })).closest('tr');
  act(() => { row?.focus(); });
  await user.keyboard('{Enter}');
  const drawer = await screen.findByRole('dialog', { name: 'Prediction' });
  expect(await within(drawer).findByText(/502 The model raised an error/)).toBeInTheDocument();
  expect(address()).toContain('open=0197f3a2-1111-7000-8000-000000000003');
});

it('Log lines that are written appear, and wait while paused', async () => {
  const { user } = at('logs');
  expect(await screen.findByText('60 lines')).toBeInTheDocument();
  await waitFor(() => { expect(FakeEventSource.all.some((one) => one.url.includes('logs/stream?cursor=c59'))).toBe(true); });
  act(() => { FakeEventSource.send('logs/stream', 'line', aLogLine(60, { message: 'a new line', level: 'warning' })); });
  expect(await screen.findByText('61 lines')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  act(() => { FakeEventSource.send('logs/stream', 'line', aLogLine(61)); });
  expect(screen.getByText(/paused/)).toBeInTheDocument();
  expect(screen.getByText('61 lines')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Resume' }));
  await waitFor(() => { expect(FakeEventSource.all.at(-1)?.url).toContain('cursor=c60'); });
});

it('Searching the log asks the server and keeps the words in the address', async () => {
  const { user, address } = at('logs');
  await user.type(await screen.findByLabelText('Search the log'), 'ValueError');
  expect(await screen.findByText('3 lines')).toBeInTheDocument();
  expect(address()).toBe('/deployments/production/iris/logs?q=ValueError');
});

it('Revisions say which one is live, a failed rollout says why in words', async () => {
  at('versions');
  const live = await screen.findByRole('row', { name: /rev-2/ });
  expect(live).toHaveTextContent('Live');
  expect(screen.getByRole('row', { name: /rev-1/ })).not.toHaveTextContent('Live');
  expect(await screen.findByText(/FileNotFoundError: iris.joblib. Revision 1 kept serving./)).toBeInTheDocument();
});

it('A new revision sends only what differs from the live one', async () => {
  const { user } = at('versions');
  await user.click(await screen.findByRole('button', { name: 'Update model' }));
  const dialog = await screen.findByRole('dialog', { name: 'Update model' });
  await user.click(within(dialog).getByRole('combobox', { name: /Version of iris/ }));
  expect(screen.getByRole('option', { name: 'v1, not runnable' })).toHaveAttribute('data-combobox-disabled', 'true');
  await user.click(screen.getByRole('option', { name: 'v2, Archived' }));
  await user.click(within(dialog).getByRole('button', { name: 'Update' }));
  await waitFor(() => { expect(sent('POST', '/revisions')?.body).toEqual({ version: '2' }); });
  expect(await screen.findAllByRole('progressbar', { name: /traffic on revision 3/ })).not.toHaveLength(0);
});

it('A new revision may take the resources of its package, and what it has instead is told', async () => {
  const note = 'config.yaml of iris v2 asks for 512 MiB a replica; it has 256 MiB, as the deployment says.';
  mock().on('POST', /\/revisions$/, () => Response.json(aRollout({ to_revision: 3, notes: [note] }), { status: 202 }));
  const { user } = at('versions');
  await user.click(await screen.findByRole('button', { name: 'Update model' }));
  const dialog = await screen.findByRole('dialog', { name: 'Update model' });
  await user.click(within(dialog).getByRole('checkbox', { name: /package asks for/ }));
  expect(within(dialog).getByRole('textbox', { name: /^Memory per replica/ })).toBeDisabled();
  await user.click(within(dialog).getByRole('button', { name: 'Update' }));
  expect(await screen.findByText(`Revision 3 is being rolled out. ${note}`)).toBeInTheDocument();
  expect(sent('POST', '/revisions')?.body).toEqual({ version: '3', package_resources: true });
});

it('Analytics shows the figures of a day, and the numbers behind a chart', async () => {
  const { user, address } = at('analytics');
  expect(await screen.findByText('Success rate')).toBeInTheDocument();
  expect(screen.getByText('99.89 %')).toBeInTheDocument();
  await user.click(screen.getAllByRole('button', { name: 'Table' })[0] as HTMLElement);
  expect(within(screen.getByRole('table', { name: 'Requests, numbers' })).getAllByRole('row')).toHaveLength(49);
  await user.click(screen.getByRole('radio', { name: '7 days' }));
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/analytics?range=7d'); });
  expect(sent('GET', '/analytics/deployments/production/iris')?.path).toContain('range=1d');
});

it('Analytics of several variants are shown together, one line each, or of one alone', async () => {
  const whole = anAnalytics();
  const part = (variant: string, requests: number, success_rate: number) => ({ ...whole, variant, requests, success_rate });
  mock().on('GET', /analytics\/deployments\/production\/iris/, () => Response.json({ ...whole, variants: [part('blue', 100, 0.5), part('green', 300, 0.25)] }));
  const { user, address } = at('analytics');
  const choice = await screen.findByRole('combobox', { name: 'Variants' });
  expect(screen.getByText('99.89 %')).toBeInTheDocument();
  await user.selectOptions(choice, 'One line per variant');
  const rows = within(screen.getByRole('table', { name: 'Variants' })).getAllByRole('row').map((row) => row.textContent);
  expect(rows[1]).toContain('blue100');
  expect(rows[2]).toContain('green300');
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/analytics?view=variants'); });
  await user.click(screen.getAllByRole('button', { name: 'Table' })[0] as HTMLElement);
  expect(within(screen.getByRole('table', { name: 'Requests, numbers' })).getByRole('columnheader', { name: 'green' })).toBeInTheDocument();
  await user.selectOptions(choice, 'Only green');
  expect(await screen.findByText('25.0 %')).toBeInTheDocument();
  expect(address()).toBe('/deployments/production/iris/analytics?variant=green');
});

it('Settings send what was changed with the etag they started from', async () => {
  const { user } = at('advanced');
  await user.type(await screen.findByLabelText('Title'), 'Iris for real');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(sent('PATCH', '/production/iris')?.body).toEqual({ title: 'Iris for real' }); });
  expect(sent('PATCH', '/production/iris')?.headers.get('If-Match')).toBe('"e1"');
  expect(await screen.findByText('The settings are saved.')).toBeInTheDocument();
});

it('When somebody else saved meanwhile, what was typed stays and can be saved over the newer values', async () => {
  const { user } = at('advanced');
  await user.type(await screen.findByLabelText('Title'), 'Mine');
  mock().deployments[0] = aDeployment({ etag: 'e2', description: 'Theirs' });
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await user.click(await screen.findByRole('button', { name: 'Take over the newer values' }));
  expect(screen.getByLabelText('Title')).toHaveValue('Mine');
  expect(screen.getByLabelText('Description')).toHaveValue('Theirs');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(mock().deployments[0]).toMatchObject({ title: 'Mine', description: 'Theirs' }); });
});

it('Scaling by hand asks for the number of replicas', async () => {
  const { user } = at('advanced');
  const input = await screen.findByLabelText('Replicas');
  await user.clear(input);
  await user.type(input, '3');
  await user.click(screen.getByRole('button', { name: 'Scale' }));
  await waitFor(() => { expect(sent('POST', '/scale')?.body).toEqual({ replicas: 3 }); });
});

it('A deployment that is gone says so, and what it answered can still be read', async () => {
  renderApp('/deployments/production/nothing/overview');
  expect(await screen.findByText('There is no deployment nothing in production')).toBeInTheDocument();
  expect(await screen.findByRole('table', { name: 'Predictions' })).toBeInTheDocument();
  const asked = mock().requests.find((one) => one.path.includes('/predictions?'));
  expect(asked?.path).toContain('environment=production');
  expect(asked?.path).toContain('deployment=nothing');
});

it('Without predictions the history says how to make the first', async () => {
  mock().on('GET', /predictions$/, () => page([]));
  at('history');
  expect(await screen.findByText('No predictions yet')).toBeInTheDocument();
  expect(screen.getByText('slipway predict iris --environment production --data JSON')).toBeInTheDocument();
});

it('A time is relative, with the exact one on hover', async () => {
  mock().deployments = [aDeployment({ updated_at: ago(7_200) })];
  at('overview');
  const [changed] = await screen.findAllByText('2 h ago');
  expect(changed).toHaveAttribute('title', expect.stringMatching(/\d{2}:\d{2}:\d{2}/));
});
