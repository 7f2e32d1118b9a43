import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aDeployment } from '../../test/data.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

const draft = { name: 'draft@0123456789ab', is_frozen: false, patched_at: '2026-01-02T03:04:05Z', error: null };
const live = (change = {}) => { mock().deployments = [aDeployment({ environment: 'development', mode: 'live', draft, ...change })]; };

it('A live draft says what answers and is frozen into a revision', async () => {
  live();
  const { user } = renderApp('/deployments/development/iris/overview');
  expect(await screen.findByText('draft@0123456789ab answers, which is not a version yet')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Freeze' }));
  await waitFor(() => { expect(mock().requests.map((one) => `${one.method} ${one.path}`)).toContain('POST /api/v1/deployments/development/iris/draft/freeze'); });
  expect(await screen.findByText('Frozen as revision 2.')).toBeInTheDocument();
});

it('A broken patch shows its traceback, and cannot be frozen', async () => {
  live({ draft: { ...draft, error: { code: 'import_failed', message: 'SyntaxError: invalid syntax', traceback: 'Traceback (most recent call last):\n  File "model/model.py", line 6\nSyntaxError: invalid syntax\n' } } });
  renderApp('/deployments/development/iris/overview');
  expect(await screen.findByLabelText('Traceback')).toHaveTextContent('File "model/model.py", line 6');
  expect(screen.getByRole('button', { name: 'Freeze' })).toBeDisabled();
  expect(screen.getByText('Live draft, broken')).toBeInTheDocument();
});

it('What makes another revision says that the draft goes with it, and that nothing serves meanwhile', async () => {
  live();
  const { user } = renderApp('/deployments/development/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in development' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Roll back…' }));
  expect(await screen.findByText(/is not a version yet, and is discarded by this/)).toBeInTheDocument();
  expect(screen.getByText(/requests wait until the new one is ready/)).toBeInTheDocument();
});

it('A live deployment is offered no autoscaling', async () => {
  live();
  const { user } = renderApp('/deployments/development/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in development' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Scale…' }));
  expect(await screen.findByText(/A live deployment has one replica at most/)).toBeInTheDocument();
  expect(screen.queryByText(/turn autoscaling/)).not.toBeInTheDocument();
});

it('A normal deployment shows nothing of drafts', async () => {
  mock().deployments = [aDeployment({ environment: 'development' })];
  renderApp('/deployments/development/iris/overview');
  expect(await screen.findByRole('heading', { name: 'iris' })).toBeInTheDocument();
  expect(screen.queryByText(/Live draft/)).not.toBeInTheDocument();
});
