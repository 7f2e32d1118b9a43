import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aDeployment, aReplica, aSetScale } from '../../test/data.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const at = (tab: string) => renderApp(`/deployments/production/iris/${tab}`);
const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

it('The last minute is told in figures, with the replicas and why there are so many', async () => {
  at('live');
  const figures = await screen.findByLabelText('The last minute');
  expect(figures).toHaveTextContent('Requests12.4 /s');
  expect(figures).toHaveTextContent('p958.4 ms');
  expect(figures).toHaveTextContent('Replicas2 / 2');
  const sets = await screen.findByRole('table', { name: 'Replica sets' });
  expect(within(sets).getByText('Requests at a time')).toBeInTheDocument();
  expect(within(sets).getByText('5.4 requests at a time over 60 s; a replica is for 2.8.')).toBeInTheDocument();
  expect(within(sets).getByRole('cell', { name: '94 ms' })).toBeInTheDocument();
  expect(await screen.findByRole('table', { name: 'Replicas' })).toBeInTheDocument();
});

it('A sleeping deployment can be woken from its page and from its menu', async () => {
  mock().deployments[0] = aDeployment({ status: 'SCALED_TO_ZERO', replicas_ready: 0, replicas_wanted: 0 });
  mock().sets = [aSetScale({ wish: 0, planned: 0, ready: 0, reason: 'idle', detail: 'At zero until a request or a person wakes it.' })];
  const { user } = at('live');
  expect(await screen.findByText('Idle')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Wake' }));
  await waitFor(() => { expect(sent('POST', '/wake')).toBeDefined(); });
  expect(await screen.findByText('iris is waking up.')).toBeInTheDocument();
});

it('A replica that is passed over says so', async () => {
  mock().replicas = [aReplica({ ejected: true })];
  at('live');
  expect(await screen.findByText('Passed over')).toBeInTheDocument();
});

it('Scaling sends what was changed with the etag it was read at, and shows what only matters when it is on', async () => {
  const { user } = at('advanced');
  expect(await screen.findByLabelText('Minimum replicas')).toHaveValue('1');
  expect(screen.queryByLabelText('Requests at a time per replica')).toBeNull();
  await user.click(screen.getByRole('checkbox', { name: 'Autoscaling' }));
  const target = screen.getByLabelText('Requests at a time per replica');
  await user.clear(target);
  await user.type(target, '4');
  await user.click(screen.getByRole('button', { name: 'Save scaling' }));
  await waitFor(() => { expect(sent('PATCH', '/production/iris')?.body).toEqual({ autoscaling: { enabled: true, concurrency_target: 4 } }); });
  expect(sent('PATCH', '/production/iris')?.headers.get('If-Match')).toBe('"e1"');
});

it('While autoscaling is on the number is not set by hand', async () => {
  const deployment = aDeployment();
  mock().deployments[0] = aDeployment({ autoscaling: { ...deployment.autoscaling, enabled: true } });
  at('advanced');
  expect(await screen.findByRole('checkbox', { name: 'Autoscaling' })).toBeChecked();
  expect(screen.queryByRole('button', { name: 'Scale' })).toBeNull();
});

it('The load balancer and the health checks are edited in place', async () => {
  const { user } = at('advanced');
  await user.selectOptions(await screen.findByLabelText('Sticky sessions'), 'cookie');
  await user.type(screen.getByLabelText('Name of the cookie'), 'home');
  await user.click(screen.getByRole('button', { name: 'Save balancing' }));
  await waitFor(() => { expect(sent('PATCH', '/production/iris')?.body).toEqual({ load_balancer: { sticky: 'cookie', sticky_name: 'home' } }); });
  const restart = screen.getByLabelText('Restart after');
  await user.clear(restart);
  await user.type(restart, '45');
  await user.type(screen.getByLabelText('Health path'), '/ready');
  await user.click(screen.getByRole('button', { name: 'Save health checks' }));
  await waitFor(() => { expect(mock().requests.filter((one) => one.method === 'PATCH').at(-1)?.body).toEqual({ health_check: { restart_threshold_seconds: 45, path: '/ready' } }); });
});

it('From the figures it is a step to more replicas, another version, the output and the way back', async () => {
  const { user } = at('live');
  const actions = await screen.findByRole('group', { name: 'What to do' });
  expect(within(actions).getByRole('link', { name: 'Scale' })).toHaveAttribute('href', expect.stringContaining('/iris/advanced'));
  expect(within(actions).getByRole('link', { name: 'View logs' })).toHaveAttribute('href', expect.stringContaining('/iris/logs'));
  await user.click(within(actions).getByRole('button', { name: 'Update model' }));
  expect(await screen.findByRole('dialog', { name: 'Update model' })).toBeInTheDocument();
  await user.keyboard('{Escape}');
  await user.click(within(actions).getByRole('button', { name: 'Roll back' }));
  await user.click(within(await screen.findByRole('dialog', { name: 'Roll back iris in production' })).getByRole('button', { name: 'Roll back' }));
  await waitFor(() => { expect(sent('POST', '/rollback')).toBeDefined(); });
});
