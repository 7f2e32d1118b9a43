import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { anApproval } from '../../test/approvalData.ts';
import { aSession } from '../../test/data.ts';
import { page } from '../../test/mock.ts';
import { renderApp } from '../../test/render.tsx';
import { aRun, serveRuns } from '../../test/runData.ts';
import { aSchedule } from '../../test/scheduleData.ts';
import { mock } from '../../test/setup.ts';

const running = aRun({ id: 'b'.repeat(32), status: 'Running', ended_at: null });

const sent = (part: string) => mock().requests.find((one) => one.method === 'POST' && one.path.endsWith(part));

test('a rebuild is asked for once it is confirmed', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) one.rollout = null;
  renderApp('/deployments/production/iris/advanced');
  await user.click(await screen.findByRole('button', { name: 'Rebuild…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rebuild iris' }));
  expect(dialog.getByText(/resolved anew/)).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: 'Rebuild' }));
  expect(await screen.findByText('Revision 3 is being rolled out.')).toBeInTheDocument();
  expect(sent('/rebuild')?.body).toEqual({});
});

test('where an approval is needed a rebuild says why', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) one.rollout = null;
  for (const one of mock().environments) one.approval = true;
  renderApp('/deployments/production/iris/advanced');
  await user.click(await screen.findByRole('button', { name: 'Rebuild…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rebuild iris' }));
  await user.type(dialog.getByLabelText('Comment for the reviewers'), 'a fix of numpy');
  await user.click(dialog.getByRole('button', { name: 'Rebuild' }));
  await waitFor(() => { expect(sent('/rebuild')?.body).toEqual({ comment: 'a fix of numpy' }); });
});

test('another base image is a new revision', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) one.rollout = null;
  renderApp('/deployments/production/iris/advanced');
  const image = await screen.findByLabelText('Built on', { selector: 'input' });
  const panel = within(image.closest('section') ?? document.body);
  await user.clear(image);
  await user.type(image, 'python');
  await user.click(panel.getByRole('button', { name: 'Save and roll out' }));
  await waitFor(() => { expect(sent('/revisions')?.body).toEqual({ base_image: 'python' }); });
});

test('the menu offers what the role may do: a viewer looks', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) Object.assign(one, { rollout: null });
  mock().session = aSession({ user: 'vera', role: 'viewer', rights: ['read', 'predict'] });
  renderApp('/deployments/production/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  expect((await screen.findAllByRole('menuitem')).map((item) => item.textContent)).toEqual(['Logs']);
  expect(screen.getByText('Your role may look here, not change')).toBeInTheDocument();
});

/** What can be pressed or followed, by name. */
const offered = (of: string) => [...document.querySelectorAll(of)].map((one) => one.getAttribute('aria-label') ?? one.textContent.trim());

test.each([
  ['/deployments/production/iris/advanced', 'Your role may look here, not change.', ['Rebuild…', 'Save']],
  ['/models/iris', 'Aliases', ['Deploy v3', 'Upload a version', 'Manage aliases', 'Set tag', 'Edit description', 'Delete model']],
  ['/', 'production', ['New deployment']],
  ['/models/iris/3', 'Tags', ['Deploy', 'Change stage', 'Set tag', 'Edit description', 'Delete version']],
  ['/experiments', 'Churn 2026', ['Create experiment', 'Actions of Churn 2026']],
  ['/experiments/1', 'deep', ['Edit', 'Archive', 'Edit description']],
  [`/runs/${aRun().id}`, 'optimizer', ['Edit run', 'Resume', 'Delete', 'Edit', 'Add alert', 'Delete alert loss > 0.5', 'Register to Model Registry']],
  [`/runs/${running.id}`, 'optimizer', ['End run…']],
  ['/schedules', 'nightly', ['New schedule']],
  ['/schedules/nightly', 'Europe/Berlin', ['Run now', 'Pause', 'Edit', 'Delete']],
  [`/approvals/${anApproval().id}`, 'Which data set?', ['Approve', 'Reject']],
])('a viewer is offered nothing on %s that the server would refuse; an administrator is', async (path, shown, buttons) => {
  serveRuns([aRun(), running]);
  mock().on('GET', /^\/api\/v1\/schedules$/, () => page([aSchedule()]));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly$/, () => Response.json(aSchedule()));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/executions$/, () => page([]));
  for (const one of mock().deployments) one.rollout = null;
  mock().approvals = [anApproval()];
  renderApp(path);
  await waitFor(() => { expect(offered('button, a')).toEqual(expect.arrayContaining(buttons)); }, { timeout: 10_000 });
  cleanup();

  mock().approvals = [anApproval({ can_decide: false })];
  mock().session = aSession({ user: 'vera', role: 'viewer', rights: ['read', 'predict', 'decide_approvals', 'signed_in', 'manage_account'] });
  renderApp(path);
  expect((await screen.findAllByText(shown)).length).toBeGreaterThan(0);
  expect(offered('button:not(:disabled), a').filter((name) => buttons.includes(name))).toEqual([]);
});

test('the menu scales in a dialog, within the bounds', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) Object.assign(one, { rollout: null, autoscaling: { ...one.autoscaling, enabled: false } });
  renderApp('/deployments/production/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Scale…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Scale iris in production' }));
  const input = dialog.getByLabelText('Replicas');
  await user.clear(input);
  await user.type(input, '3');
  await user.click(dialog.getByRole('button', { name: 'Scale' }));
  await waitFor(() => { expect(sent('/scale')?.body).toEqual({ replicas: 3 }); });
});

test('the menu updates the model in a dialog of its own, to a version or a name, as the environment rolls out or otherwise', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) Object.assign(one, { rollout: null });
  renderApp('/deployments/production/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Update model…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Update model' }));
  expect(dialog.getByRole('combobox', { name: 'How it is rolled out' })).toHaveValue('As production says: Rolling, 10 % surge');
  await user.click(dialog.getByRole('combobox', { name: /Version of iris/ }));
  await user.click(await screen.findByRole('option', { name: 'whatever is in Production now' }));
  await user.click(dialog.getByRole('button', { name: 'Update' }));
  await waitFor(() => { expect(sent('/revisions')?.body).toEqual({ version: '/Production' }); });
});

test('another size of the replicas is a new revision that is asked for with what was changed', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) one.rollout = null;
  renderApp('/deployments/production/iris/advanced');
  const memory = await screen.findByLabelText('Memory per replica');
  const panel = within(memory.closest('section') ?? document.body);
  expect(panel.queryByRole('button', { name: 'Save and roll out' })).toBeNull();
  await user.clear(memory);
  await user.type(memory, '2048');
  expect(panel.getByText(/needs new replicas/, { selector: 'div' })).toBeInTheDocument();
  await user.click(panel.getByRole('button', { name: 'Save and roll out' }));
  await waitFor(() => { expect(sent('/revisions')?.body).toEqual({ memory_mib: 2048 }); });
});

test('the strategy of its updates is a setting, and the update says what it will be', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) one.rollout = null;
  renderApp('/deployments/production/iris/advanced');
  const strategy = await screen.findByLabelText('Strategy of its updates');
  expect(await screen.findByRole('option', { name: 'As production says: Rolling, 10 % surge' })).toBeInTheDocument();
  await user.selectOptions(strategy, 'canary');
  await user.click(within(strategy.closest('form') ?? document.body).getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(mock().requests.find((one) => one.method === 'PATCH')?.body).toEqual({ strategy: 'canary' }); });
  await user.click(screen.getAllByRole('button', { name: 'Actions for iris in production' })[0] ?? document.body);
  await user.click(await screen.findByRole('menuitem', { name: 'Update model…' }));
  expect(await screen.findByRole('combobox', { name: 'How it is rolled out' })).toHaveValue('As this deployment says: Canary, ten steps over 600 s');
});

test('a deployment of which nothing was live yet is updated from its newest revision, and not restarted', async () => {
  const user = userEvent.setup();
  for (const one of mock().deployments) Object.assign(one, { rollout: null, live: null, status: 'DEPLOY_FAILED' });
  renderApp('/deployments/production/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  expect(screen.queryByRole('menuitem', { name: 'Restart…' })).toBeNull();
  await user.click(await screen.findByRole('menuitem', { name: 'Update model…' }));
  expect(await screen.findByRole('combobox', { name: /Version of iris/ })).toBeInTheDocument();
});
