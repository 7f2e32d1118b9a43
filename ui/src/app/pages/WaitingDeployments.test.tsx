import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { anApproval } from '../../test/approvalData.ts';
import { aDeployment } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

const aRequest = () => anApproval({
  kind: 'deployment', subject: 'production/iris', resource: 'deployments/production/iris', action: 'Promote iris v3 from staging to production/iris.', from: 'iris v2 (revision 4)', to: 'iris v3',
  can_decide: false, can_cancel: true, notes: [],
});

const asking = () => {
  const production = mock().environments.find((one) => one.name === 'production');
  if (production !== undefined) Object.assign(production, { protected: true, approval: true, reviewers: ['ada', 'boss'] });
};

test('A promotion to where somebody must agree says so before and after', async () => {
  asking();
  mock().deployments = [aDeployment({ environment: 'staging' })];
  mock().on('POST', /staging\/iris\/promote$/, () => { mock().approvals = [aRequest()]; return Response.json(aRequest(), { status: 202 }); });
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in staging' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Promote to production…' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText(/waits until ada or boss approve it/)).toBeInTheDocument();
  await user.type(dialog.getByLabelText('Comment for the reviewers'), 'recall is better');
  await user.click(dialog.getByRole('button', { name: 'Ask for approval' }));
  expect(await screen.findByText(/Request sent: ada or boss may approve it/)).toBeInTheDocument();
  expect(await screen.findByText('Promotion waits for approval')).toBeInTheDocument();
});

test('A deployment whose change waits says what, by whom and where it is decided', async () => {
  mock().approvals = [aRequest()];
  renderApp('/deployments/production/iris/overview');
  expect(await screen.findByText('Waits for approval: Promote iris v3 from staging to production/iris.')).toBeInTheDocument();
  expect(screen.getByText(/asked.*ada or boss may approve/)).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Show request' })).toHaveAttribute('href', expect.stringContaining('/approvals/'));
});

test('The request leads to the deployment, unless approving is what makes it', async () => {
  mock().approvals = [aRequest(), { ...aRequest(), id: 'new', subject: 'production/rose', resource: 'deployments/production/rose', from: null }];
  renderApp('/approvals');
  const table = within(await screen.findByRole('table', { name: 'Requests for approval' }));
  expect(table.getByRole('link', { name: 'production/iris' })).toHaveAttribute('href', expect.stringContaining('/deployments/production/iris'));
  expect(table.queryByRole('link', { name: 'production/rose' })).not.toBeInTheDocument();
});
