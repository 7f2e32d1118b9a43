import { screen, waitFor, within } from '@testing-library/react';
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

it('The changes of a draft are shown line by line, with counts of each file', async () => {
  live();
  mock().on('GET', /draft$/, () => Response.json({ name: draft.name, hash: '0123456789abcdef', running_hash: '0123456789abcdef', model: 'iris', base_version: 3, is_frozen: false, outcome: 'applied', files: [] }));
  mock().on('GET', /draft\/diff$/, () => Response.json({
    model: 'iris', base_version: 3, hash: '0123456789abcdef', added: 2, removed: 1, files: [
      { path: 'model/model.py', change: 'changed', added: 2, removed: 1, old_size_bytes: 10, new_size_bytes: 20, omitted: null, hunks: [{ old_start: 4, old_lines: 2, new_start: 4, new_lines: 3, lines: [
        { kind: 'same', text: 'def predict(self, x):', cut: false, no_newline: false }, { kind: 'removed', text: '  return 1', cut: false, no_newline: false },
        { kind: 'added', text: '  y = 2', cut: false, no_newline: false }, { kind: 'added', text: '  return y', cut: false, no_newline: true }] }] },
      { path: 'data/w.bin', change: 'added', added: null, removed: null, old_size_bytes: null, new_size_bytes: 2048, omitted: 'binary', hunks: [] }],
  }));
  const { user } = renderApp('/deployments/development/iris/overview');
  await user.click(await screen.findByRole('radio', { name: 'Changes' }));
  expect(await screen.findByText('2 files since iris v3: 2 lines more, 1 line less.')).toBeInTheDocument();
  expect(within(screen.getByRole('table', { name: 'Files that differ' })).getByRole('row', { name: /model\/model\.py changed \+2 −1/ })).toBeInTheDocument();
  const lines = within(screen.getByRole('group', { name: 'Lines of model/model.py' }));
  expect(lines.getByRole('row', { name: '5 − return 1' })).toBeInTheDocument();
  expect(lines.getByRole('row', { name: /^6 \+ return y/ })).toBeInTheDocument();
  expect(screen.getByText(/^A binary file, 2/)).toBeInTheDocument();
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

it('Promoting says that the draft becomes a version first', async () => {
  live();
  const { user } = renderApp('/deployments/development/iris/overview');
  await user.click(await screen.findByRole('button', { name: 'Actions for iris in development' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Promote to staging…' }));
  expect(await screen.findByText(/draft@0123456789ab becomes a version first; that version, with its resources/)).toBeInTheDocument();
});

it('A stopped deployment says on every tab what its callers see, and is started there', async () => {
  mock().deployments = [aDeployment({ environment: 'development', status: 'STOPPED' })];
  const { user } = renderApp('/deployments/development/iris/execute');
  expect(await screen.findByText(/answers 404 until it is started/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Start' }));
  await waitFor(() => { expect(mock().requests.map((one) => `${one.method} ${one.path}`)).toContain('POST /api/v1/deployments/development/iris/start'); });
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

it('Which statuses a deployment has had is under Versions', async () => {
  mock().deployments = [aDeployment({ environment: 'development' })];
  mock().statusChanges = [
    { status: 'ACTIVE', reason: null, at: '2026-01-02T03:05:04Z', until: null },
    { status: 'UNHEALTHY', reason: 'crashed', at: '2026-01-02T03:04:04Z', until: '2026-01-02T03:05:04Z' },
  ];
  renderApp('/deployments/development/iris/versions');
  const table = await screen.findByRole('table', { name: 'Statuses' });
  expect(table).toHaveTextContent('until now');
  expect(table).toHaveTextContent(/Unhealthy.*1 min/);
});
