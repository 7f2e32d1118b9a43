import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aSession } from '../../test/data.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

it('The list of deployments filters by its address', async () => {
  const { user, address } = renderApp('/deployments?environment=production');
  const table = await screen.findByRole('table', { name: 'Deployments' });
  expect(within(table).getAllByRole('row')).toHaveLength(3);
  await user.type(screen.getByLabelText('Search deployments'), 'iris');
  await waitFor(() => { expect(address()).toBe('/deployments?environment=production&q=iris'); });
  await waitFor(() => { expect(within(screen.getByRole('table', { name: 'Deployments' })).getAllByRole('row')).toHaveLength(2); });
  await user.click(screen.getByRole('button', { name: 'Reset all' }));
  await waitFor(() => { expect(address()).toBe('/deployments'); });
});

it('A list sorts by its column heads', async () => {
  const { user } = renderApp('/deployments');
  const table = await screen.findByRole('table', { name: 'Deployments' });
  await user.click(within(table).getByRole('button', { name: 'Name' }));
  expect(within(table).getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
  expect(within(table).getAllByRole('row')[1]).toHaveTextContent('churn');
});

it('A new deployment offers the newest version that runs, and lands on its page', async () => {
  const { user, address } = renderApp('/deployments/new?model=iris');
  expect(await screen.findByDisplayValue(/v3 \(v1.2.0\), Production/)).toBeInTheDocument();
  const name = screen.getByRole('textbox', { name: 'Name' });
  await user.clear(name);
  await user.type(name, 'iris-two');
  await user.selectOptions(screen.getByLabelText('Strategy of its updates'), 'canary');
  await user.click(screen.getByRole('button', { name: 'Resources, variables, health, labels' }));
  await user.click(await screen.findByRole('button', { name: 'Add a variable' }));
  await user.type(screen.getByLabelText('Name of the new variable'), '2MODE');
  expect(screen.getByRole('button', { name: 'Create deployment' })).toBeDisabled();
  await user.clear(screen.getByLabelText('Name of the new variable'));
  await user.type(screen.getByLabelText('Name of the new variable'), 'MODE');
  await user.type(screen.getByLabelText('Value of the new variable'), 'fast');
  await user.click(screen.getByRole('button', { name: 'Create deployment' }));
  await waitFor(() => { expect(address()).toBe('/deployments/development/iris-two/overview'); });
  expect(sent('POST', '/deployments')?.body).toMatchObject({ name: 'iris-two', model: 'iris', version: '3', environment: 'development', min_replicas: 1, max_replicas: 1, strategy: 'canary', variables: { MODE: 'fast' } });
});

it('A choice of a list is asked about before the form is left', async () => {
  const { user, address } = renderApp('/deployments/new?model=iris');
  await user.click(await screen.findByDisplayValue(/v3 \(v1.2.0\), Production/));
  await user.click(await screen.findByRole('option', { name: /^v2/ }));
  await user.click(screen.getAllByRole('link', { name: 'Deployments' })[0] as HTMLElement);
  await user.click(await screen.findByRole('button', { name: 'Keep editing' }));
  expect(screen.getByDisplayValue(/^v2/)).toBeInTheDocument();
  await user.click(screen.getAllByRole('link', { name: 'Deployments' })[0] as HTMLElement);
  await user.click(await screen.findByRole('button', { name: 'Discard' }));
  await waitFor(() => { expect(address()).toBe('/deployments'); });
});

it('What the server refuses is said at its field, and input is kept', async () => {
  const { user } = renderApp('/deployments/new?model=iris&environment=production');
  await screen.findByDisplayValue(/v3/);
  await user.click(screen.getByRole('button', { name: 'Create deployment' }));
  expect(await screen.findByText('iris is taken in production by ada.')).toBeInTheDocument();
  expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('iris');
});

it('Models are searched by name, and a version that cannot run says why', async () => {
  const { user, address } = renderApp('/models');
  await user.click(await screen.findByRole('link', { name: 'iris' }));
  await waitFor(() => { expect(address()).toBe('/models/iris'); });
  const table = await screen.findByRole('table', { name: 'Versions' });
  expect(within(table).getByRole('row', { name: /v1 None/ })).toHaveTextContent('no: No class Model in model/model.py');
  expect(within(table).queryByRole('button', { name: 'Deploy v1' })).not.toBeInTheDocument();
  await user.click(within(table).getByRole('button', { name: 'Deploy v2' }));
  await user.click(within(await screen.findByRole('dialog', { name: 'Deploy iris v2' })).getByRole('link', { name: 'All settings' }));
  await waitFor(() => { expect(address()).toBe('/deployments/new?model=iris&version=2'); });
});

it('A version shows its configuration, the log of its build, and its files for download', async () => {
  const { user } = renderApp('/models/iris/3');
  expect(await screen.findByText(/resources.accelerator does nothing/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Show log' }));
  expect(await screen.findByLabelText('Build log')).toHaveTextContent('found 1.2.1 of this machine');
  await user.click(screen.getByRole('link', { name: 'Artifacts' }));
  await user.click(await screen.findByRole('button', { name: 'iris.joblib' }));
  expect(screen.getByRole('link', { name: 'Download data/iris.joblib' })).toHaveAttribute('href', '/api/v1/models/iris/versions/3/files/data/iris.joblib');
});

it('A new user gets a sign-in link that is shown once', async () => {
  const { user } = renderApp('/admin/users');
  await user.click(await screen.findByRole('button', { name: 'New user' }));
  const dialog = await screen.findByRole('dialog', { name: 'New user' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'linus');
  await user.click(within(dialog).getByRole('button', { name: 'Create user' }));
  const once = await screen.findByRole('dialog', { name: 'Sign-in link for linus' });
  expect(within(once).getByLabelText('Link')).toHaveValue('http://127.0.0.1:7070/ui/sign-in?token=for-linus');
  expect(sent('POST', '/users')?.body).toEqual({ name: 'linus', role: 'analyst', email: null });
  await user.click(within(once).getByRole('button', { name: 'Done' }));
  expect(await screen.findByRole('row', { name: /linus/ })).toBeInTheDocument();
  expect(screen.queryByDisplayValue(/token=for-linus/)).not.toBeInTheDocument();
});

it('A user can be disabled', async () => {
  const { user } = renderApp('/admin/users');
  await user.click(await screen.findByRole('button', { name: 'Actions for grace' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Disable' }));
  await waitFor(() => { expect(screen.getByRole('row', { name: /grace/ })).toHaveTextContent('Disabled'); });
});

it('A new key is shown once, with what it may do', async () => {
  const { user } = renderApp('/account');
  await user.click(await screen.findByRole('button', { name: 'New key' }));
  const dialog = await screen.findByRole('dialog', { name: 'New API key' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'nightly');
  await user.click(within(dialog).getByRole('checkbox', { name: /^predict/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Create key' }));
  expect(within(await screen.findByRole('dialog', { name: 'Your new key' })).getByLabelText('Key')).toHaveValue('slw_7f3a9c_the-whole-secret');
  expect(sent('POST', '/keys')?.body).toEqual({ name: 'nightly', scopes: ['predict'], expires_in_days: 90, default_environment: null });
});

it('A revoked key says so', async () => {
  const { user } = renderApp('/account');
  await user.click(await screen.findByRole('button', { name: 'Revoke billing job' }));
  await user.click(within(await screen.findByRole('dialog', { name: 'Revoke billing job' })).getByRole('button', { name: 'Revoke key' }));
  await waitFor(() => { expect(screen.getByRole('row', { name: /billing job/ })).toHaveTextContent('Revoked'); });
});

it('The audit trail filters by its address and exports the same', async () => {
  const { address } = renderApp('/admin/audit?action=user_created');
  const table = await screen.findByRole('table', { name: 'Audit entries' });
  expect(within(table).getAllByRole('row')).toHaveLength(5);
  expect(screen.getByRole('link', { name: 'CSV' })).toHaveAttribute('href', '/api/v1/audit.csv?action=user_created');
  expect(address()).toBe('/admin/audit?action=user_created');
});

it('The system page says which limits hold, which isolation is in force, and verifies', async () => {
  const { user } = renderApp('/admin/system');
  expect(await screen.findByRole('row', { name: /processes Unsupported none/ })).toBeInTheDocument();
  expect(screen.getByText(/own operating-system user/)).toBeInTheDocument();
  expect(screen.getByText('Rscript was not found')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Verify now' }));
  expect(await screen.findByText('Everything is sound')).toBeInTheDocument();
});

it('Who is no administrator is not led to pages that would refuse', async () => {
  mock().session = aSession({ role: 'viewer' });
  renderApp('/');
  const navigation = await screen.findByRole('navigation', { name: 'Main' });
  await screen.findByRole('heading', { name: 'Board' });
  expect(within(navigation).queryByRole('link', { name: 'Users' })).not.toBeInTheDocument();
  expect(within(navigation).getByRole('link', { name: 'Models' })).toBeInTheDocument();
});

it('A session that ended asks to sign in again', async () => {
  const { user, address } = renderApp('/models');
  await screen.findByRole('link', { name: 'iris' });
  mock().on('GET', /deployments$/, () => { mock().session = null; return Response.json({ code: 'not_signed_in', detail: 'Sign in first.' }, { status: 401 }); });
  await user.click(screen.getByRole('link', { name: 'Deployments' }));
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeInTheDocument();
  expect(address()).toBe('/sign-in?next=%2Fdeployments');
});

it('An address without a page says so', async () => {
  renderApp('/nowhere');
  expect(await screen.findByRole('heading', { name: 'There is no page at this address' })).toBeInTheDocument();
});
