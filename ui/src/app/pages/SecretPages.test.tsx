import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { aSession } from '../../test/data.ts';
import { refuse } from '../../test/mock.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

const sent = (method: string, part: string) => mock().requests.filter((one) => one.method === method && one.path.includes(part));

test('the secrets of an environment are listed with who uses them, and one in use cannot be deleted', async () => {
  const user = userEvent.setup();
  mock().session = aSession({ rights: ['read', 'manage_secrets', 'administer'] });
  renderApp('/admin/environments/production');
  const table = within(await screen.findByRole('table', { name: 'Secrets of production' }));
  expect(table.getByRole('row', { name: /HUB_TOKEN/ })).toHaveTextContent(/3.*grace.*iris/);
  await user.click(table.getByRole('button', { name: 'Actions for HUB_TOKEN' }));
  expect(await screen.findByRole('menuitem', { name: 'Delete…' })).toHaveAttribute('data-disabled', 'true');
  await user.keyboard('{Escape}');
  await user.click(table.getByRole('button', { name: 'Actions for DATABASE_URL' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
  expect(await screen.findByText('DATABASE_URL is deleted.')).toBeInTheDocument();
});

test('a secret is set, and a refusal keeps what was typed', async () => {
  const user = userEvent.setup();
  mock().session = aSession({ rights: ['read', 'manage_secrets'] });
  renderApp('/admin/environments/production');
  await user.click(await screen.findByRole('button', { name: 'Add a secret' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New secret' }));
  await user.type(dialog.getByLabelText(/^Name/), '1ST');
  expect(dialog.getByText(/first no digit/)).toBeInTheDocument();
  await user.clear(dialog.getByLabelText(/^Name/));
  await user.type(dialog.getByLabelText(/^Name/), 'PATH');
  await user.type(dialog.getByLabelText(/^Value/), 'xyzzy');
  await user.keyboard('{Escape}');
  await user.click(await screen.findByRole('button', { name: 'Keep editing' }));
  expect(dialog.getByLabelText(/^Value/)).toHaveValue('xyzzy');
  mock().on('PUT', /secrets\/PATH$/, () => refuse(400, 'invalid_field', 'PATH is set by Slipway itself; choose another name.', { name: ['PATH is set by Slipway itself; choose another name.'] }));
  await user.click(dialog.getByRole('button', { name: 'Set' }));
  expect(await dialog.findByText(/set by Slipway itself/)).toBeInTheDocument();
  await user.clear(dialog.getByLabelText(/^Name/));
  await user.type(dialog.getByLabelText(/^Name/), 'API_TOKEN');
  await user.click(dialog.getByRole('button', { name: 'Set' }));
  expect(await screen.findByText('API_TOKEN is set.')).toBeInTheDocument();
  expect(sent('PUT', '/environments/production/secrets/API_TOKEN')[0]?.body).toEqual({ value: 'xyzzy' });
  expect(await screen.findByRole('row', { name: /API_TOKEN/ })).toBeInTheDocument();
});

test('a value of several lines is sent as it was pasted, and is masked until it is to be shown', async () => {
  const user = userEvent.setup();
  const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n  c3BhY2Vk \n-----END PRIVATE KEY-----\n';
  mock().session = aSession({ rights: ['read', 'manage_secrets'] });
  renderApp('/admin/environments/production');
  await user.click(await screen.findByRole('button', { name: 'Add a secret' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New secret' }));
  await user.type(dialog.getByLabelText(/^Name/), 'SIGNING_KEY');
  const value = dialog.getByRole('textbox', { name: /^Value/ });
  await user.click(value);
  await user.paste(key);
  expect(value).toHaveClass('sw-masked');
  await user.click(dialog.getByLabelText('Show the value'));
  expect(value).not.toHaveClass('sw-masked');
  await user.click(dialog.getByRole('button', { name: 'Set' }));
  expect(await screen.findByText('SIGNING_KEY is set.')).toBeInTheDocument();
  expect(sent('PUT', '/secrets/SIGNING_KEY')[0]?.body).toEqual({ value: key });
});

test('who may not manage secrets of a protected environment only sees their names', async () => {
  mock().session = aSession({ user: 'grace', role: 'analyst', rights: ['read', 'deploy_to_development', 'operate_staging'] });
  renderApp('/admin/environments/production');
  expect(await screen.findByRole('row', { name: /HUB_TOKEN/ })).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Add a secret' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Actions for HUB_TOKEN' })).not.toBeInTheDocument();
});

test('a deployment names the secrets that it uses, and a missing one is said at the field', async () => {
  const user = userEvent.setup();
  renderApp('/deployments/production/iris/advanced');
  const panel = within((await screen.findByLabelText('Used by this deployment', { selector: 'input:not([type=hidden])' })).closest('section') ?? document.body);
  await user.click(panel.getByLabelText('Used by this deployment', { selector: 'input:not([type=hidden])' }));
  await user.click(await screen.findByRole('option', { name: 'HUB_TOKEN' }));
  mock().on('POST', /revisions$/, () => refuse(409, 'secret_missing', 'production has no secret HUB_TOKEN, which this configuration uses; set it there first.', { secrets: ['production has no secret HUB_TOKEN, which this configuration uses; set it there first.'] }));
  await user.click(panel.getByRole('button', { name: 'Save and roll out' }));
  expect(await panel.findByText(/has no secret HUB_TOKEN/)).toBeInTheDocument();
  expect(sent('POST', '/revisions')[0]?.body).toEqual({ secrets: ['HUB_TOKEN'] });
});
