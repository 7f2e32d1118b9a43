import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { delta } from '../../features/approvals/EvidenceTable.tsx';
import { ruleOf } from '../../features/registry/protection.ts';
import { anApproval, aNotification, aProtection } from '../../test/approvalData.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

it('What waits is listed with the requester’s comment in the row, and the tab is in the address', async () => {
  mock().approvals = [anApproval(), anApproval({ id: 'done', subject: 'fraud v1', state: 'rejected', decided_by: 'boss', decision_comment: 'too slow', can_decide: false })];
  const { user, address } = renderApp('/approvals');
  const table = await screen.findByRole('table', { name: 'Requests for approval' });
  expect(within(table).getByText('better recall')).toBeInTheDocument();
  expect(within(table).queryByText('fraud v1')).not.toBeInTheDocument();
  await user.click(screen.getByRole('link', { name: 'Rejected' }));
  expect(address()).toBe('/approvals?state=rejected');
  expect(await screen.findByText(/boss: too slow|too slow/)).toBeInTheDocument();
});

it('A request is decided beside the evidence: a rejection needs a comment, an approval does not', async () => {
  mock().approvals = [anApproval()];
  const { user } = renderApp(`/approvals/${anApproval().id}`);
  const metrics = await screen.findByRole('table', { name: 'Validation metrics' });
  expect(within(metrics).getByRole('row', { name: /accuracy 0.97 0.95 \+0.02/ })).toBeInTheDocument();
  expect(screen.getByText('Which data set?')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'flowers / night-run' })).toHaveAttribute('href', '/ui/runs/0123');
  expect(within(screen.getByRole('table', { name: 'Deployed now' })).getByRole('link', { name: 'live, revision 2' })).toHaveAttribute('href', '/ui/deployments/production/iris/overview');
  expect(within(await screen.findByRole('group', { name: /Lineage/ })).getByRole('link', { name: 'flowers' })).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Reject' }));
  expect(screen.getByText('A rejection needs a comment.')).toBeInTheDocument();
  expect(sent('POST', '/reject')).toBeUndefined();
  await user.click(screen.getByRole('button', { name: 'Approve' }));
  await waitFor(() => { expect(sent('POST', '/approve')?.body).toEqual({ comment: null }); });
  expect(await screen.findByText('Approved')).toBeInTheDocument();
});

it('Changing a protected stage asks for approval and says so before and after', async () => {
  mock().protections = [aProtection()];
  mock().on('POST', /\/versions\/2\/stage$/, () => Response.json(anApproval({ can_decide: false }), { status: 202 }));
  const { user } = renderApp('/models/iris/2');
  await user.click(await screen.findByRole('button', { name: 'Change stage' }));
  await user.click(await screen.findByRole('combobox', { name: 'New stage' }));
  await user.click(await screen.findByRole('option', { name: 'Production' }));
  expect(await screen.findByText('This asks for approval')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Ask for approval' }));
  expect(await screen.findByText('Asked for approval: ada or boss may decide.')).toBeInTheDocument();
});

it('A version whose transition waits says so, with the way to the request', async () => {
  mock().approvals = [anApproval()];
  renderApp('/models/iris/3');
  expect(await screen.findByText('Waits for approval: Production')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Review' })).toHaveAttribute('href', `/ui/approvals/${anApproval().id}`);
});

it('The bell counts what is unread; opening a message reads it and goes to its page', async () => {
  mock().approvals = [anApproval()];
  mock().notifications = [aNotification(), aNotification({ id: '6', title: 'older', read_at: aNotification().created_at })];
  const { user, address } = renderApp('/models');
  await user.click(await screen.findByRole('button', { name: 'Notifications, 1 unread' }));
  await user.click(await screen.findByRole('button', { name: /grace asks/ }));
  expect(sent('POST', '/notifications/7/read')).toBeDefined();
  expect(address()).toBe(`/approvals/${anApproval().id}`);
  expect(await screen.findByRole('button', { name: 'Notifications' })).toBeInTheDocument();
});

it.each([
  ['0.97', '0.95', '+0.02'], ['1', '1', '0'], ['2', '5', '−3'], ['0.9', null, '–'], ['NaN', '1', '–'],
])('%s beside %s differs by %s', (first, second, expected) => { expect(delta(first, second)).toBe(expected); });

it('A move between two protected stages is for the reviewers of Production', () => {
  const [staging, production] = [aProtection({ stage: 'Staging', reviewers: ['x'] }), aProtection()];
  expect(ruleOf([staging, production], 'Staging', 'Production')).toBe(production);
  expect(ruleOf([staging], 'None', 'Staging')).toBe(staging);
  expect(ruleOf([staging, production], 'None', 'Archived')).toBeUndefined();
});
