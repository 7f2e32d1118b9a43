import { act, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aDeployment, anEnvironment } from '../../test/data.ts';
import { FakeEventSource } from '../../test/eventSource.ts';
import { refuse } from '../../test/mock.ts';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

const column = (name: string) => screen.findByRole('region', { name });

it('The board has a column for each environment, in their order, custom ones included', async () => {
  mock().on('GET', /environments$/, () => Response.json({ items: [anEnvironment({ name: 'production', order: 3, protected: true }), anEnvironment({ name: 'edge', order: 2, built_in: false }), anEnvironment({ name: 'development', order: 1 })], next_page_token: null }));
  renderApp('/');
  await column('edge');
  expect(screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent)).toEqual(['development', 'edge', 'production']);
});

it('A card tells name, version, state in words, owner, replicas and traffic', async () => {
  renderApp('/');
  const card = within(await column('production')).getByRole('listitem', { name: 'iris in production' });
  expect(card).toHaveTextContent('Active');
  expect(card).toHaveTextContent('iris v3');
  expect(card).toHaveTextContent('ada');
  expect(card).toHaveTextContent('2 / 2 ready');
  expect(within(card).getByRole('img', { name: /requests in the last 30 minutes, .* failed/ })).toBeInTheDocument();
});

it('A rollout shows its progress on the card', async () => {
  renderApp('/');
  const card = within(await column('production')).getByRole('listitem', { name: 'sentiment in production' });
  expect(within(card).getByRole('progressbar', { name: '50 % of traffic on revision 5, 50 % on revision 4' })).toHaveAttribute('aria-valuenow', '50');
});

it('A failed deployment says on its card what went wrong', async () => {
  renderApp('/');
  expect(within(await column('development')).getByRole('listitem', { name: 'churn in development' })).toHaveTextContent("No module named 'lightgbm'");
});

it('An empty column says which command fills it', async () => {
  mock().deployments = [aDeployment()];
  renderApp('/');
  expect(await column('development')).toHaveTextContent('slipway push DIR');
  expect(await column('staging')).toHaveTextContent('slipway push DIR --environment staging');
});

it('A pushed change moves the card without a reload', async () => {
  renderApp('/');
  await column('production');
  expect(await screen.findByLabelText('Live: pages change as things change')).toBeInTheDocument();
  Object.assign(mock().deployments[0] ?? {}, { status: 'UNHEALTHY', replicas_ready: 1 });
  act(() => { FakeEventSource.send('/api/v1/events', 'change', { sequence: 1, kind: 'replica', resource: 'deployments/production/iris/replicas/1', at: new Date().toISOString() }); });
  await waitFor(() => { expect(screen.getByRole('listitem', { name: 'iris in production' })).toHaveTextContent('Unhealthy'); });
});

it('When the event stream breaks the page says that it is stale', async () => {
  renderApp('/');
  await screen.findByLabelText('Live: pages change as things change');
  act(() => { FakeEventSource.fail('/api/v1/events'); });
  expect(await screen.findByText('Stale')).toBeInTheDocument();
});

it('Stop asks first; the card then says Stopped and offers Start instead', async () => {
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in production' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Stop…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Stop iris in production' });
  await user.click(within(dialog).getByRole('button', { name: 'Stop' }));
  await waitFor(() => { expect(screen.getByRole('listitem', { name: 'iris in production' })).toHaveTextContent('Stopped'); });
  await user.click(screen.getByRole('button', { name: 'Actions for iris in production' }));
  expect(await screen.findByRole('menuitem', { name: 'Start' })).toBeInTheDocument();
  expect(screen.queryByRole('menuitem', { name: 'Stop…' })).not.toBeInTheDocument();
});

it('Deleting wants the name typed and each point checked', async () => {
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Actions for ticker in development' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete ticker in development' });
  const button = within(dialog).getByRole('button', { name: 'Delete' });
  await user.type(within(dialog).getByLabelText(/Type ticker to confirm/), 'ticker');
  expect(button).toBeDisabled();
  for (const box of within(dialog).getAllByRole('checkbox')) await user.click(box);
  await user.click(button);
  await waitFor(() => { expect(screen.queryByRole('listitem', { name: 'ticker in development' })).not.toBeInTheDocument(); });
});

it('An error shows what happened, its code, the request id, and tries again', async () => {
  let broken = true;
  mock().on('GET', /deployments$/, () => (broken ? refuse(503, 'database_busy', 'The database is busy.') : Response.json({ items: [], next_page_token: null })));
  const { user } = renderApp('/');
  const alert = await screen.findByRole('alert', undefined, { timeout: 4_000 });
  expect(alert).toHaveTextContent('The database is busy.');
  expect(alert).toHaveTextContent('database_busy');
  expect(alert).toHaveTextContent('req-77');
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Retry' }));
  expect(await column('development')).toBeInTheDocument();
});

it('Ctrl-K finds a deployment by part of its name and Enter goes there', async () => {
  const { user, address } = renderApp('/');
  await column('production');
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox', { name: 'Search or go to' }), 'sentim prod');
  expect(await screen.findByRole('option', { name: /sentiment/ })).toHaveAttribute('aria-selected', 'true');
  await user.keyboard('{Enter}');
  await waitFor(() => { expect(address()).toBe('/deployments/production/sentiment/overview'); });
});
