import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type * as pack from '../../lib/pack.ts';
import { refuse } from '../../test/mock.ts';
import { renderApp } from '../../test/render.tsx';
import { mock } from '../../test/setup.ts';

// Packing needs streams of a browser, which jsdom does not have: the end-to-end tests pack.
const packing = vi.hoisted(() => ({ paths: [] as string[][] }));
vi.mock('../../lib/pack.ts', async (load) => ({
  ...await load<typeof pack>(),
  packed: (files: pack.PackedFile[]) => { packing.paths.push(files.map((one) => one.path)); return Promise.resolve(new Blob(['packed'])); },
}));

beforeEach(() => { packing.paths = []; });

it('Files of this computer become a version; a taken label is shown at its field and the files stay chosen', async () => {
  let archives = 0;
  mock().on('POST', /^\/api\/v1\/uploads\/archive$/, ({ headers }) => {
    archives += Number(headers.get('Content-Type') === 'application/gzip');
    return Response.json({ id: 'upload-1' }, { status: 201 });
  });
  mock().on('POST', /^\/api\/v1\/models\/iris\/versions$/, ({ body }) => ((body as { label: string }).label === 'v2'
    ? refuse(409, 'label_taken', 'Version 1 has the label v2.') : Response.json({ ...mock().versions[0], version: 3 }, { status: 201 })));
  const { user, address } = renderApp('/models/iris');
  await user.click(await screen.findByRole('button', { name: 'Upload a version' }));
  const dialog = await screen.findByRole('dialog', { name: 'Upload a version of iris' });
  expect(within(dialog).getByRole('button', { name: 'Upload' })).toBeDisabled();
  await user.upload(within(dialog).getByLabelText('Files', { selector: 'input' }), Object.assign(new File(['trees'], 'model.joblib'), { webkitRelativePath: '' }));   // jsdom has no such property
  expect(within(dialog).getByText('model.joblib, 5 B')).toBeInTheDocument();
  await user.type(within(dialog).getByRole('textbox', { name: 'Label' }), 'v2');
  await user.click(within(dialog).getByRole('button', { name: 'Upload' }));
  expect(await within(dialog).findByText('Version 1 has the label v2.')).toBeInTheDocument();
  await user.type(within(dialog).getByRole('textbox', { name: 'Label' }), '.1');
  await user.click(within(dialog).getByRole('button', { name: 'Upload' }));
  await waitFor(() => { expect(address()).toBe('/models/iris/3'); });
  expect(mock().requests.filter((one) => one.method === 'POST' && one.path.endsWith('/versions')).map((one) => one.body)).toEqual(
    ['v2', 'v2.1'].map((label) => ({ upload_id: 'upload-1', label, description: null })));
  expect(archives).toBe(2);
  expect(packing.paths).toEqual([['model.joblib'], ['model.joblib']]);
});

it('Of a folder everything is sent but caches, without its own name', async () => {
  mock().on('POST', /^\/api\/v1\/uploads\/archive$/, () => Response.json({ id: 'upload-2' }, { status: 201 }));
  mock().on('POST', /^\/api\/v1\/models\/iris\/versions$/, () => Response.json({ ...mock().versions[0], version: 3 }, { status: 201 }));
  const { user, address } = renderApp('/models/iris');
  await user.click(await screen.findByRole('button', { name: 'Upload a version' }));
  const dialog = await screen.findByRole('dialog', { name: 'Upload a version of iris' });
  await user.upload(within(dialog).getByLabelText('Folder', { selector: 'input' }), ['config.yaml', 'model/model.py', '__pycache__/model.pyc'].map((path) => (
    Object.assign(new File(['x'], path.split('/').at(-1) ?? ''), { webkitRelativePath: `iris/${path}` }))));
  expect(within(dialog).getByText('2 files, 2 B')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Upload' }));
  await waitFor(() => { expect(address()).toBe('/models/iris/3'); });
  expect(packing.paths).toEqual([['config.yaml', 'model/model.py']]);
});
