import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { aDeployment, ago, aRollout } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { refuse } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';

const sent = (end: string) => mock().requests.filter((one) => one.method === 'POST' && one.path.endsWith(end)).map((one) => one.body);

test('Promote is in the menu of a card, says where it goes and what becomes of the source, and sends the comment', async () => {
  mock().deployments = [aDeployment({ environment: 'development' }), aDeployment({ environment: 'production' })];
  mock().on('POST', /development\/iris\/promote$/, () => Response.json({ environment: 'staging', name: 'iris', rollout: aRollout() }, { status: 202 }));
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in development' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Promote to staging…' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText(/goes to zero until a request wakes it/)).toBeInTheDocument();
  await user.type(dialog.getByLabelText('Comment'), 'good numbers');
  await user.click(dialog.getByRole('button', { name: 'Promote' }));
  expect(await screen.findByText('iris is being rolled out in staging.')).toBeInTheDocument();
  expect(sent('/promote')).toEqual([{ comment: 'good numbers' }]);

  // Nothing comes after production.
  await user.click(screen.getByRole('button', { name: 'Actions for iris in production' }));
  await screen.findByRole('menuitem', { name: 'Restart…' });
  expect(screen.queryByRole('menuitem', { name: /Promote/ })).not.toBeInTheDocument();
});

test('A promotion that is refused says why, and Reject is offered in staging alone', async () => {
  mock().deployments = [aDeployment({ environment: 'staging' }), aDeployment({ environment: 'development' })];
  mock().on('POST', /staging\/iris\/promote$/, () => refuse(409, 'stage_required', 'production takes only versions in stage Production.'));
  mock().on('POST', /staging\/iris\/reject$/, () => Response.json(aDeployment({ environment: 'staging', status: 'DEACTIVATING' })));
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in staging' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Promote to production…' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Promote' }));
  expect(await screen.findByText(/takes only versions in stage Production/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  await user.click(screen.getByRole('button', { name: 'Actions for iris in staging' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Reject…' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Reject' }));
  expect(await screen.findByText('iris goes back to development.')).toBeInTheDocument();
});

test('The ledger of promotions stands under Versions', async () => {
  mock().promotions = [
    { kind: 'rejected', from: 'staging', to: 'development', name: 'iris', revision: 2, to_revision: null, source_after_promotion: null, outcome: 'done', comment: 'worse on Mondays', by: 'grace', at: ago(60) },
    { kind: 'promoted', from: 'development', to: 'staging', name: 'iris', revision: 3, to_revision: 2, source_after_promotion: 'keep', outcome: 'done', comment: null, by: 'ada', at: ago(600) },
  ];
  renderApp('/deployments/production/iris/versions');
  const table = within(await screen.findByRole('table', { name: 'Promotions' }));
  expect(table.getByText('worse on Mondays')).toBeInTheDocument();
  expect(table.getByText('development, revision 3')).toBeInTheDocument();
});
