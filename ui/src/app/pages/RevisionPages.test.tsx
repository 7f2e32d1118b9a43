import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { aDeployment, ago, aRevision, aRollout } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { refuse } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';

const sent = (method: string, end: string) => mock().requests.filter((one) => one.method === method && one.path.endsWith(end)).map((one) => one.body);

function threeRevisions() {
  mock().revisions = [
    aRevision({ number: 3, name: 'bad', is_live: false, status: 'failed', status_detail: 'ValueError: no file', live_periods: [] }, 4),
    aRevision({ number: 2, variables: { MODE: 'fast' } }), aRevision({ number: 1, name: 'first', is_live: false }, 2),
  ];
}

test('Production shows the revisions that were live, and the others when asked', async () => {
  threeRevisions();
  const { user } = renderApp('/deployments/production/iris/versions');
  const table = () => within(screen.getByRole('table', { name: 'Revisions' }));
  await screen.findByRole('table', { name: 'Revisions' });
  expect(table().queryByText('bad')).not.toBeInTheDocument();
  await user.click(screen.getByLabelText('Also those that never were live'));
  expect(table().getByText('bad')).toBeInTheDocument();
  expect(table().getByText('Failed')).toBeInTheDocument();
});

test('A revision opens by its address, leads to its neighbours, and is redeployed after a question', async () => {
  threeRevisions();
  mock().on('POST', /revisions\/1\/redeploy$/, () => Response.json(aRollout({ to_revision: 1 }), { status: 202 }));
  const { user, address } = renderApp('/deployments/production/iris/versions?open=2');
  const details = await screen.findByRole('region', { name: 'Revision 2' });
  expect(within(details).getByText('MODE=fast')).toBeInTheDocument();
  expect(within(details).getByRole('button', { name: 'Redeploy…' })).toBeDisabled();
  await user.click(within(details).getByRole('button', { name: 'Previous' }));
  const earlier = await screen.findByRole('region', { name: 'Revision 1' });
  expect(address()).toBe('/deployments/production/iris/versions?open=1');
  await user.click(within(earlier).getByRole('button', { name: 'Redeploy…' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Redeploy' }));
  expect(await screen.findByText('Revision 1 is being rolled out.')).toBeInTheDocument();
  expect(sent('POST', '/revisions/1/redeploy')).toHaveLength(1);
});

test('Variables are changed in place, added and taken away, and sent as one change', async () => {
  mock().deployments = [aDeployment({ live: aRevision({ variables: { MODE: 'fast', OLD: '1' } }) })];
  mock().on('POST', /\/revisions$/, () => Response.json(aRollout({ to_revision: 3 }), { status: 202 }));
  const { user } = renderApp('/deployments/production/iris/advanced');
  const value = await screen.findByLabelText('Value of MODE');
  await user.clear(value);
  await user.type(value, 'slow');
  await user.click(screen.getByRole('button', { name: 'Actions for OLD' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  await user.click(screen.getByRole('button', { name: 'Add a variable' }));
  await user.type(screen.getByLabelText('Name of the new variable'), '1X');
  expect(screen.getByText('Letters, digits and underscores, the first no digit')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Save and roll out' })).toBeDisabled();
  await user.clear(screen.getByLabelText('Name of the new variable'));
  await user.type(screen.getByLabelText('Name of the new variable'), 'REGION');
  await user.type(screen.getByLabelText('Value of the new variable'), 'eu');
  await user.click(screen.getByRole('button', { name: 'Save and roll out' }));
  expect(await screen.findByText('Revision 3 is being rolled out.')).toBeInTheDocument();
  expect(sent('POST', '/revisions')).toEqual([{ variables: { MODE: 'slow', OLD: null, REGION: 'eu' } }]);
});

test('What the server refuses of a variable is said, and the edit stays', async () => {
  mock().deployments = [aDeployment({ live: aRevision({ variables: { MODE: 'fast' } }) })];
  mock().on('POST', /\/revisions$/, () => refuse(409, 'rollout_under_way', 'A rollout is under way; wait until it has ended.'));
  const { user } = renderApp('/deployments/production/iris/advanced');
  const value = await screen.findByLabelText('Value of MODE');
  await user.type(value, 'er');
  await user.click(screen.getByRole('button', { name: 'Save and roll out' }));
  expect(await screen.findByText(/A rollout is under way/)).toBeInTheDocument();
  expect(screen.getByLabelText('Value of MODE')).toHaveValue('faster');
});

test('Roll back is in the menu, and an inactive deployment offers Activate', async () => {
  mock().deployments = [aDeployment({ name: 'iris' }), aDeployment({ name: 'idle', status: 'INACTIVE', updated_at: ago(10) })];
  mock().on('POST', /iris\/rollback$/, () => Response.json(aRollout({ to_revision: 1 }), { status: 202 }));
  mock().on('POST', /idle\/revisions\/2\/activate$/, () => Response.json(aDeployment({ name: 'idle', status: 'DEPLOYING' })));
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Roll back…' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Roll back' }));
  expect(await screen.findByText('iris goes back to revision 1.')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Actions for idle in production' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Activate' }));
  expect(await screen.findByText('idle is starting.')).toBeInTheDocument();
});
