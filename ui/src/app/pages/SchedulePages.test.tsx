import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { inItsZone } from '../../features/schedules/NextTimes.tsx';
import type { ExecutionInfo, ScheduleInfo } from '../../lib/wireSchedules.ts';
import { aNotification } from '../../test/approvalData.ts';
import { aSession } from '../../test/data.ts';
import { page, refuse } from '../../test/mock.ts';
import { renderApp } from '../../test/render.tsx';
import { anExecution, aSchedule } from '../../test/scheduleData.ts';
import { mock } from '../../test/setup.ts';

const missed = anExecution({ number: 3, status: 'missed', reason: 'server_down', detail: 'No server was running at this time, nor within the grace after it.', started_at: null, duration_seconds: null, cpu_seconds: null, peak_memory_bytes: null, run_id: null, package: null, log_bytes: 0 });
const sent = (method: string, end: string) => mock().requests.find((one) => one.method === method && one.path.split('?')[0]?.endsWith(end));

let schedule: ScheduleInfo;
let executions: ExecutionInfo[];

beforeEach(() => {
  mock().session = aSession({ rights: ['operate_schedules'] });
  schedule = aSchedule();
  executions = [anExecution(), missed];
  mock().on('GET', /^\/api\/v1\/schedules$/, () => page([schedule]));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly$/, () => Response.json(schedule));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/executions$/, () => page(executions));
  mock().on('GET', /^\/api\/v1\/schedules\/preview$/, ({ url }) => (url.searchParams.get('cron') === '30 2 * * *'
    ? Response.json({ cron: '30 2 * * *', time_zone: 'Europe/Berlin', times: ['2026-03-28T02:30:00+01:00', '2026-03-29T03:00:00+02:00'] })
    : refuse(400, 'invalid_field', 'The minute is a number from 0 to 59.', { cron: ['The minute is a number from 0 to 59.'] })));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/executions\/\d+\/log$/, ({ url }) => new Response('one\ntwo\nthr'.slice(Number(url.searchParams.get('offset') ?? '0'))));
});

it('The list says when next and how the last one went', async () => {
  renderApp('/schedules');
  const row = (await screen.findByRole('link', { name: 'nightly' })).closest('tr');
  expect(row).toHaveTextContent(/30 2 \* \* \*.*Europe\/Berlin/);
  expect(row).toHaveTextContent(/Failed/i);
});

it('The next times are shown as the clocks of the zone show them, also through a night that has no half past two', async () => {
  renderApp('/schedules/nightly');
  const times = await screen.findByRole('list', { name: 'Next times' });
  expect(within(times).getAllByRole('listitem').map((one) => one.textContent)).toEqual([expect.stringMatching(/^Sat 2026-03-28 02:30 \+01:00/), expect.stringMatching(/^Sun 2026-03-29 03:00 \+02:00/)]);
  expect(inItsZone('2026-07-01T00:05:00Z')).toBe('Wed 2026-07-01 00:05 UTC');
});

it('The history has a record for each due time, with what it used, and why one was missed', async () => {
  const { user, address } = renderApp('/schedules/nightly');
  const table = await screen.findByRole('table', { name: 'Executions' });
  expect(within(table).getByText(/^2\d\d(\.\d+)? M/)).toBeInTheDocument();
  await user.click(within(table).getByText(/missed/i));
  expect(await screen.findByText('Nothing was started.')).toBeInTheDocument();
  expect(screen.getAllByText(/No server was running/)).toHaveLength(2);   // in its row, and beside it opened
  expect(address()).toBe('/schedules/nightly?open=3');
});

it('A message leads to the execution that failed, and its output', async () => {
  mock().notifications = [aNotification({ kind: 'schedule_failed', title: 'nightly #4 failed', text: 'The command ended with code 7.', link: '/schedules/nightly?open=4' })];
  const { user, address } = renderApp('/models');
  await user.click(await screen.findByRole('button', { name: 'Notifications, 1 unread' }));
  await user.click(await screen.findByRole('button', { name: /nightly #4 failed/ }));
  await waitFor(() => { expect(address()).toBe('/schedules/nightly?open=4'); });
  expect(await screen.findByRole('log', { name: 'Output of execution 4' })).toHaveTextContent('one two thr');
});

it('The output of what is running grows by what is new', async () => {
  executions = [anExecution({ status: 'running', finished_at: null, exit_code: null, reason: null, detail: null })];
  renderApp('/schedules/nightly?open=4');
  const log = await screen.findByRole('log', { name: 'Output of execution 4' });
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/executions\/4\/log$/, ({ url }) => new Response('one\ntwo\nthree\nvier ✓\n'.slice(Number(url.searchParams.get('offset') ?? '0'))));
  await waitFor(() => { expect(log).toHaveTextContent('one two three vier ✓'); }, { timeout: 5_000 });
  expect(mock().requests.some((one) => one.path.endsWith('/executions/4/log?offset=8'))).toBe(true);   // the line that was being written comes again
});

it('A cron expression that is wrong says so at its field before anything is sent', async () => {
  const { user } = renderApp('/schedules');
  await user.click(await screen.findByRole('button', { name: 'New schedule' }));
  const dialog = await screen.findByRole('dialog', { name: 'New schedule' });
  await user.type(within(dialog).getByRole('textbox', { name: /^When/ }), '99 * * * *');
  expect(await within(dialog).findByText('The minute is a number from 0 to 59.')).toBeInTheDocument();
  expect(sent('POST', '/schedules')).toBeUndefined();
});

it('Pausing, running now and deleting are one step each, and deleting asks for the name', async () => {
  mock().on('POST', /^\/api\/v1\/schedules\/nightly\/pause$/, () => { schedule = aSchedule({ status: 'paused', next_run_at: null }); return Response.json(schedule); });
  mock().on('POST', /^\/api\/v1\/schedules\/nightly\/executions$/, () => { executions = [anExecution({ number: 5, status: 'queued', finished_at: null }), ...executions]; return Response.json(executions[0], { status: 201 }); });
  mock().on('DELETE', /^\/api\/v1\/schedules\/nightly$/, () => new Response(null, { status: 204 }));
  const { user, address } = renderApp('/schedules/nightly');
  await user.click(await screen.findByRole('button', { name: 'Pause' }));
  expect(await screen.findByText('none while it is paused')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Run now' }));
  await waitFor(() => { expect(address()).toBe('/schedules/nightly?open=5'); });
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete nightly' });
  await user.type(within(dialog).getByRole('textbox'), 'nightly');
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => { expect(address()).toBe('/schedules'); });
});

it('Escape asks before what was typed is lost', async () => {
  const { user } = renderApp('/schedules');
  await user.click(await screen.findByRole('button', { name: 'New schedule' }));
  const dialog = await screen.findByRole('dialog', { name: 'New schedule' });
  await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'weekly');
  await user.keyboard('{Escape}');
  await user.click(await screen.findByRole('button', { name: 'Keep editing' }));
  expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveValue('weekly');
  await user.keyboard('{Escape}');
  await user.click(await screen.findByRole('button', { name: 'Discard' }));
  await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
  await user.click(screen.getByRole('button', { name: 'New schedule' }));   // untouched: Escape closes it
  await screen.findByRole('dialog', { name: 'New schedule' });
  await user.keyboard('{Escape}');
  await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
});

it('Edit opens with the present script, and another base image alone sends no files', async () => {
  schedule = aSchedule({ package: { ...schedule.package, files: ['data/names.txt', 'requirements.txt', 'train.py'].map((path) => ({ path, size_bytes: 9, sha256: 'b'.repeat(64) })) } });
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/files\/train\.py$/, () => new Response('print("every night")\n'));
  mock().on('GET', /^\/api\/v1\/schedules\/nightly\/files\/requirements\.txt$/, () => new Response('numpy>=1,<3\n'));
  mock().on('PATCH', /^\/api\/v1\/schedules\/nightly$/, () => Response.json(schedule));
  const { user } = renderApp('/schedules/nightly');
  await user.click(await screen.findByRole('button', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog', { name: 'Edit nightly' });
  await user.click(within(dialog).getByRole('radio', { name: 'A script' }));
  expect(await within(dialog).findByText(/the other 1 file of its package/)).toBeInTheDocument();
  await waitFor(() => { expect(within(dialog).getByLabelText('Script')).toHaveTextContent('every night'); });
  expect(within(dialog).getByLabelText('Requirements')).toHaveValue('numpy>=1,<3\n');
  await user.click(within(dialog).getByRole('button', { name: /^Limits/ }));
  const image = within(dialog).getByLabelText('Base image');
  expect(image).toHaveValue('python');
  await user.type(image, '-system');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() => { expect(sent('PATCH', '/schedules/nightly')?.body).toMatchObject({ base_image: 'python-system' }); });
  expect(sent('PATCH', '/schedules/nightly')?.body).not.toHaveProperty('upload_id');
});
