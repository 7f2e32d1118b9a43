import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Pause, Pencil, Play, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Code } from '../../components/Code.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { ShortId } from '../../components/CopyButton.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import { formatBytes, formatJson, formatSeconds, plural } from '../../lib/format.ts';
import type { ScheduleInfo } from '../../lib/wireSchedules.ts';
import { useCronPreview, useDeleteSchedule, useRunSchedule, useSchedule, useSwitchSchedule } from './api.ts';
import { ExecutionsPanel } from './ExecutionsPanel.tsx';
import { NextTimes } from './NextTimes.tsx';
import { ScheduleForm } from './ScheduleForm.tsx';

/** One schedule: when, what, and everything that has become of its due times. */
export function SchedulePage({ name, status, opened, onView, mayOperate, runLink }: {
  name: string; status: string | undefined; opened: number | undefined; onView: (view: { status?: string; open?: string }) => void; mayOperate: (owner: string) => boolean;
  /** A link to the run of an execution. */
  runLink: (runId: string) => ReactNode;
}) {
  const query = useSchedule(name);
  const schedule = query.data;
  return (
    <>
      <PageHead tab={name} title={<>{name} {schedule === undefined ? null : <StateOf kind="schedules" value={schedule.status} />}</>} lead={schedule?.description ?? undefined}>
        {schedule !== undefined && schedule.status !== 'deleting' && mayOperate(schedule.owner) ? <Actions schedule={schedule} onStarted={(number) => { onView({ open: String(number) }); }} /> : null}
      </PageHead>
      <QueryView query={query} title={`The schedule ${name} could not be loaded`} loading={<BlockSkeleton height={520} />}>
        {(info) => (
          <div style={{ display: 'grid', gap: 16 }}>
            {info.status === 'deleting' ? <Notice tone="look" title="It is being deleted">It goes as soon as its execution has ended.</Notice> : null}
            {info.package.error === null ? null : <Notice tone="broken" title="Its environment could not be made; the next execution tries again">{info.package.error}</Notice>}
            <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))', gap: 16, alignItems: 'start' }}>
              <When schedule={info} />
              <What schedule={info} />
            </div>
            <ExecutionsPanel schedule={name} status={status} opened={opened} onView={onView} mayCancel={mayOperate(info.owner)} runLink={runLink} />
          </div>
        )}
      </QueryView>
    </>
  );
}

function When({ schedule }: { schedule: ScheduleInfo }) {
  const preview = useCronPreview(schedule.cron, schedule.time_zone);
  return (
    <Panel title="When">
      <Facts facts={[
        ['Cron', <span key="c" className="sw-mono">{schedule.cron}</span>],
        ['Time zone', schedule.time_zone],
        ['Next run', schedule.status === 'active' ? <RelativeTime key="n" at={schedule.next_run_at} /> : 'none while it is paused'],
        ['May begin late', `${formatSeconds(schedule.grace_seconds)} when no server ran at its time`],
      ]} />
      {schedule.status !== 'active' || preview.data === undefined ? null : <div style={{ marginTop: 12 }}><NextTimes times={preview.data.times} /></div>}
    </Panel>
  );
}

function What({ schedule }: { schedule: ScheduleInfo }) {
  const job = schedule.package;
  return (
    <Panel title="What">
      <Facts facts={[
        ['Command', <code key="c" className="sw-mono sw-break">{job.command.join(' ')}</code>],
        ['Experiment', schedule.experiment],
        ['Package', <span key="p"><ShortId id={job.digest} what="digest" /> {plural(job.files.length, 'file')}, {formatBytes(job.size_bytes)}, by {job.created_by}</span>],
        ['Environment', <span key="e" style={{ display: 'inline-flex', gap: 8, flexWrap: 'wrap' }}><span className="sw-mono">{job.base_image}</span><StateOf kind="builds" value={job.status} detail={job.error} /></span>],
        ['Requirements', job.lock === null || job.lock === '' ? (job.requirements.length === 0 ? 'none' : job.requirements.join(', ')) : <span key="l" className="sw-mono sw-break">{job.lock.split('\n').join(', ')}</span>],
        ['Limits', `${formatSeconds(schedule.timeout_seconds)}, ${schedule.cpu_cores} CPU, ${schedule.memory_mib} MiB`],
        ['Owner', schedule.owner],
      ]} />
      {Object.keys(schedule.parameters).length === 0 ? null : <div style={{ marginTop: 12 }}><div className="sw-dim" style={{ fontSize: 12.5, marginBottom: 4 }}>Parameters</div><Code value={formatJson(schedule.parameters)} language="json" label="Parameters" maxHeight="180px" /></div>}
      {Object.keys(schedule.variables).length === 0 ? null : <pre className="sw-code" style={{ marginTop: 12 }} aria-label="Variables">{Object.entries(schedule.variables).map(([key, value]) => `${key}=${value}`).join('\n')}</pre>}
    </Panel>
  );
}

function Actions({ schedule, onStarted }: { schedule: ScheduleInfo; onStarted: (number: number) => void }) {
  const navigate = useNavigate();
  const run = useRunSchedule(schedule.name);
  const change = useSwitchSchedule(schedule.name);
  const remove = useDeleteSchedule(schedule.name);
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const paused = schedule.status === 'paused';
  return (
    <>
      <Button variant="default" c="var(--sw-broken)" leftSection={<Trash2 size={14} aria-hidden />} onClick={() => { setDeleting(true); }}>Delete</Button>
      <Button variant="default" leftSection={<Pencil size={14} aria-hidden />} onClick={() => { setEditing(true); }}>Edit</Button>
      <Button variant="default" loading={change.isPending} leftSection={paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        onClick={() => { change.mutate(paused ? 'resume' : 'pause', { onSuccess: () => { toast(paused ? `${schedule.name} runs again; nothing is made up for.` : `${schedule.name} is paused.`); }, onError: (error) => { toast(error.message); } }); }}>
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button loading={run.isPending} disabled={schedule.current !== null} title={schedule.current === null ? undefined : 'One runs already'} leftSection={<Play size={14} aria-hidden />}
        onClick={() => { run.mutate(undefined, { onSuccess: (execution) => { onStarted(execution.number); }, onError: (error) => { toast(error.message); } }); }}>Run now</Button>
      <GuardedModal opened={editing} onClose={() => { setEditing(false); }} title={`Edit ${schedule.name}`} size="xl">
        {editing ? <ScheduleForm schedule={schedule} onCancel={() => { setEditing(false); }} onDone={() => { setEditing(false); toast(`${schedule.name} is changed.`); }} /> : null}
      </GuardedModal>
      <ConfirmDialog opened={deleting} title={`Delete ${schedule.name}`} action="Delete" danger typed={schedule.name} onClose={() => { setDeleting(false); }}
        run={() => remove.mutateAsync().then(() => { toast(`${schedule.name} is deleted.`); void navigate({ to: '/schedules' }); })}>
        <p style={{ marginTop: 0 }}>It will not run again. What goes: its history of {plural(schedule.last === null && schedule.current === null ? 0 : Math.max(schedule.last?.number ?? 0, schedule.current?.number ?? 0), 'record')} with their output, and its package.</p>
        <p style={{ marginBottom: 0 }}>{schedule.current === null ? '' : `Execution ${schedule.current.number} is running and will be cancelled. `}Runs and versions that it made stay.</p>
      </ConfirmDialog>
    </>
  );
}
