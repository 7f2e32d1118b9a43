import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { aDeployment, aRollout } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';
import type { FollowingInfo } from '../../lib/wire.ts';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));
const drift: FollowingInfo = { reference: 'iris@champion', follow: false, on_move: 'wait', version: 7, state: 'drift', reason: 'iris@champion now names v7, this serves v5.' };

test('Drift is seen on the card and said on the page, and Update brings the deployment there', async () => {
  mock().deployments = [aDeployment({ following: drift })];
  mock().on('POST', /following\/catch-up$/, () => Response.json(aRollout({ to_revision: 6 }), { status: 202 }));
  const { user } = renderApp('/');
  await user.click(within(await screen.findByRole('listitem', { name: 'iris in production' })).getByRole('link', { name: 'iris' }));
  expect(await screen.findByText('iris@champion now names v7, this serves v5.')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Update to v7' }));
  expect(await screen.findByText('Revision 6 is being rolled out.')).toBeInTheDocument();
});

test('A deployment that keeps up says what it follows and asks nothing', async () => {
  mock().deployments = [aDeployment({ following: { ...drift, follow: true, state: 'current', reason: null } })];
  renderApp('/deployments/production/iris/overview');
  expect(await screen.findByText('Follows')).toBeInTheDocument();
  expect(screen.getByText('Up to date')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /Update to/ })).not.toBeInTheDocument();
});

test('What to follow is set under Advanced, and taken away there', async () => {
  mock().deployments = [aDeployment({ following: drift })];
  mock().on('PUT', /iris\/following$/, () => Response.json(aDeployment()));
  mock().on('DELETE', /iris\/following$/, () => Response.json(aDeployment()));
  const { user } = renderApp('/deployments/production/iris/advanced');
  const input = await screen.findByLabelText('Alias or stage');
  expect(input).toHaveValue('iris@champion');
  await user.clear(input);
  await user.type(input, 'iris/Production');
  await user.click(screen.getByRole('checkbox', { name: 'Move along' }));
  await user.click(within(input.closest('form') as HTMLElement).getByRole('button', { name: 'Save following' }));
  await waitFor(() => { expect(sent('PUT', '/following')?.body).toEqual({ reference: 'iris/Production', follow: true, on_move: 'wait' }); });
  await user.click(screen.getByRole('button', { name: 'Follow nothing' }));
  await waitFor(() => { expect(sent('DELETE', '/following')).toBeDefined(); });
});
