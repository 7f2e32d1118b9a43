import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aCanary, aRollout } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

const open = (query = '') => renderApp(`/deployments/production/iris/rollout${query}`);
const posts = () => mock().requests.filter((one) => one.method === 'POST' && one.path.includes('/rollouts/')).map((one) => one.path);

it('The rollout under way shows its split, both sides and the evidence of each step', async () => {
  mock().rollouts = [aCanary()];
  open();
  expect(await screen.findByRole('progressbar', { name: '30 % of traffic on revision 2, 70 % on revision 1' })).toBeInTheDocument();
  const sides = screen.getByRole('table', { name: 'Both sides of the rollout' });
  expect(within(sides).getByRole('row', { name: /Replicas ready \/ wanted 3 \/ 3 1 \/ 2/ })).toBeInTheDocument();
  expect(within(sides).getByRole('row', { name: /p95 since the last shift 14 ms 31 ms/ })).toBeInTheDocument();
  expect(screen.getByText(/Gate passed: new 61 requests, 0 % failed, p95 13 ms/)).toBeInTheDocument();
  expect(screen.getByText(/next step in/)).toBeInTheDocument();
});

it('A rollout that waits for memory of the machine says so, and until when', async () => {
  mock().rollouts = [{ ...aCanary(), next_step_at: null, waiting_for: { reason: 'insufficient_capacity', message: 'This machine has no memory left for another replica of revision 2.', until: new Date(Date.now() + 540_000).toISOString() } }];
  open();
  expect(await screen.findByText('Waiting for memory of this machine')).toBeInTheDocument();
  expect(screen.getByText(/The rollout fails/)).toHaveTextContent('in 9 min if nothing goes');
});

it('Buttons are enabled as the state allows, and pause leads to resume', async () => {
  mock().rollouts = [aCanary()];
  const { user } = open();
  expect(await screen.findByRole('button', { name: 'Resume' })).toBeDisabled();
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  await waitFor(() => { expect(screen.getByRole('button', { name: 'Resume' })).toBeEnabled(); });
  expect(screen.getByRole('button', { name: 'Pause' })).toBeDisabled();
  expect(posts()).toEqual(['/api/v1/rollouts/rollout-9/pause']);
});

it('Forced actions warn of too few replicas before they are done', async () => {
  mock().rollouts = [aCanary()];
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Force complete' }));
  const dialog = await screen.findByRole('dialog', { name: 'Force complete?' });
  expect(within(dialog).getByText(/Revision 2 has 1 of 2 ready now/)).toBeInTheDocument();
  expect(posts()).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Force complete' }));
  await waitFor(() => { expect(posts()).toEqual(['/api/v1/rollouts/rollout-9/force-complete']); });
});

it('A rollout that failed says why in words and offers another try', async () => {
  mock().rollouts = [aRollout({
    id: 'rollout-3', status: 'FAILED', error_code: 'error_rate', error_message: 'Revision 2 failed 12 of 100 requests (12 %).', percent_traffic_to_new_version: 0, actions: ['retry'],
  }), aRollout()];
  const { user, address } = open();
  expect(await screen.findByText('It fails too many requests')).toBeInTheDocument();
  expect(screen.getByText(/failed 12 of 100 requests/)).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Try again' })).toBeEnabled();
  expect(screen.queryByRole('button', { name: 'Pause' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('combobox', { name: 'Which rollout' }));
  await user.click(await screen.findByRole('option', { name: /succeeded/ }));
  await waitFor(() => { expect(address()).toBe('/deployments/production/iris/rollout?rollout=rollout-2'); });
});

it('Update model asks for the strategy and sends only the fields that belong to it', async () => {
  const { user } = renderApp('/deployments/production/iris/versions');
  await user.click(await screen.findByRole('button', { name: 'Update model' }));
  const dialog = await screen.findByRole('dialog', { name: 'Update model' });
  await user.click(within(dialog).getByRole('combobox', { name: 'How it is rolled out' }));
  await user.click(await screen.findByRole('option', { name: 'Canary' }));
  await user.type(within(dialog).getByRole('textbox', { name: 'Steps in percent' }), '5, 50');
  await user.type(within(dialog).getByRole('textbox', { name: 'Give up without progress after' }), '90');
  await user.click(within(dialog).getByRole('checkbox', { name: 'Require limits of its own' }));
  await user.type(within(dialog).getByRole('textbox', { name: 'p95 of the old one, times at most' }), '1.5');
  await user.type(within(dialog).getByRole('textbox', { name: 'Judge from' }), '50');
  await user.click(within(dialog).getByRole('button', { name: 'Update' }));
  await waitFor(() => {
    const call = mock().requests.find((one) => one.method === 'POST' && one.path.endsWith('/revisions'));
    expect((call?.body as { rollout: unknown }).rollout).toEqual({ strategy: 'canary', window_seconds: 600, steps: [5, 50], bake_seconds: 0, previous_cleanup: 'scale_to_zero', progress_deadline_seconds: 90, gate: { max_error_rate: 0.01, max_p95_ratio: 1.5, min_requests: 50 } });
  });
});

it('Where both sides never answered together it says what the new one is held against', async () => {
  const canary = aCanary();
  const before = { requests: 480, failures: 0, error_rate: 0, p95_ms: 12 };
  mock().rollouts = [{ ...canary, previous: canary.previous === null ? null : { ...canary.previous, before } }];
  open();
  const sides = await screen.findByRole('table', { name: 'Both sides of the rollout' });
  expect(within(sides).getByRole('row', { name: /p95 in the minute before 12 ms –/ })).toBeInTheDocument();
  expect(screen.getByText(/held against the minute before the rollout/)).toBeInTheDocument();
});
