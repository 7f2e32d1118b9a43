import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { aSession, anEnvironment, aPromotion } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { refuse } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';

const sent = (method: string) => mock().requests.filter((one) => one.method === method && one.path.startsWith('/api/v1/environments')).map((one) => one.body);

test('environments are listed in the order of promotion with what each asks for', async () => {
  mock().environments.push(anEnvironment({ name: 'qa', order: 3, built_in: false, protected: true, approval: true, reviewers: ['grace'], requires_stage: 'Staging', promotion: { ...aPromotion, strategy: 'canary', steps: [5, 50], window_seconds: 60 } }));
  renderApp('/admin/environments');
  const rows = within(await screen.findByRole('table', { name: 'Environments' })).getAllByRole('row').slice(1);
  expect(rows.map((row) => within(row).getAllByRole('cell')[1]?.textContent)).toEqual(['development', 'staging', 'production', 'qa']);
  expect(rows[3]).toHaveTextContent('Protected, asks for approval and stage Staging');
  expect(rows[3]).toHaveTextContent('Canary, 5 %, 50 % over 60 s');
});

test('an administrator makes an environment; the name is judged while it is typed', async () => {
  const user = userEvent.setup();
  renderApp('/admin/environments');
  await user.click(await screen.findByRole('button', { name: 'New environment' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Name/), 'QA');
  expect(dialog.getByText(/lower-case letters/)).toBeInTheDocument();
  await user.clear(dialog.getByLabelText(/^Name/));
  await user.type(dialog.getByLabelText(/^Name/), 'qa');
  await user.click(dialog.getByLabelText('Protected'));
  await user.selectOptions(dialog.getByLabelText('A new revision takes over by'), 'canary');
  await user.type(dialog.getByLabelText('Steps'), '5, 50');
  await user.click(dialog.getByRole('button', { name: 'Make it' }));
  expect(await screen.findByText('qa')).toBeInTheDocument();
  expect(sent('POST')[0]).toMatchObject({ name: 'qa', after: 'staging', protected: true, promotion: { strategy: 'canary', steps: [5, 50] } });
});

test('what the server refuses is shown at its field, and what was typed stays', async () => {
  const user = userEvent.setup();
  mock().on('PATCH', /environments\/production$/, () => refuse(400, 'invalid_field', 'Approval needs somebody who decides: name at least one reviewer.', { reviewers: ['Approval needs somebody who decides: name at least one reviewer.'] }));
  renderApp('/admin/environments/production');
  expect(await screen.findByLabelText('Protected')).toBeDisabled();
  await user.click(screen.getByLabelText('Ask for approval'));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/Approval needs somebody who decides/)).toBeInTheDocument();
  expect(screen.getByLabelText('Ask for approval')).toBeChecked();
  expect(screen.queryByRole('button', { name: 'Delete…' })).not.toBeInTheDocument();
});

test('who is no administrator reads the settings and cannot change them', async () => {
  mock().session = aSession({ user: 'grace', role: 'analyst' });
  renderApp('/admin/environments/staging');
  expect(await screen.findByText('Administrators change these.')).toBeInTheDocument();
  expect(screen.getByLabelText('Protected')).toBeDisabled();
  expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
});
