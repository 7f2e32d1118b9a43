import { Button, Group, NativeSelect } from '@mantine/core';
import { Square } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import { formatBytes, formatExact, formatSeconds } from '../../lib/format.ts';
import type { ExecutionInfo } from '../../lib/wireSchedules.ts';
import { useCancelExecution, useExecutions } from './api.ts';
import { ExecutionLog } from './ExecutionLog.tsx';

const STATUSES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'skipped', 'missed', 'running', 'queued'];

const columnsWith = (runLink: (runId: string) => ReactNode): Column<ExecutionInfo>[] => [
  { id: 'number', header: '#', numeric: true, fixed: true, sort: (one) => one.number, cell: (one) => one.number },
  { id: 'status', header: 'Status', sort: (one) => one.status, cell: (one) => <StateOf kind="executions" value={one.status} detail={one.detail} /> },
  {
    id: 'planned', header: 'Planned', sort: (one) => one.due_at ?? one.created_at,
    cell: (one) => (one.due_at === null ? <span className="sw-dim">run now by {one.started_by}</span> : <span className="sw-num" style={{ whiteSpace: 'nowrap' }}>{formatExact(one.due_at)}</span>),
  },
  { id: 'started', header: 'Started', sort: (one) => one.started_at, cell: (one) => <RelativeTime at={one.started_at} /> },
  { id: 'duration', header: 'Duration', numeric: true, sort: (one) => one.duration_seconds, cell: (one) => (one.duration_seconds === null ? '–' : formatSeconds(one.duration_seconds)) },
  { id: 'cpu', header: 'CPU', numeric: true, sort: (one) => one.cpu_seconds, cell: (one) => (one.cpu_seconds === null ? '–' : formatSeconds(one.cpu_seconds)) },
  { id: 'memory', header: 'Peak memory', numeric: true, sort: (one) => one.peak_memory_bytes, cell: (one) => (one.peak_memory_bytes === null ? '–' : formatBytes(one.peak_memory_bytes)) },
  { id: 'run', header: 'Run', cell: (one) => (one.run_id === null ? '–' : runLink(one.run_id)) },
  { id: 'why', header: 'Why', cell: (one) => (one.detail === null ? '' : <div className="sw-dim" style={{ fontSize: 12.5, minWidth: 220 }}>{one.detail}</div>) },
];

/** The history of a schedule: one record for each due time and each "run now". A row opens its output. */
export function ExecutionsPanel({ schedule, status, opened, onView, mayCancel, runLink }: {
  schedule: string; status: string | undefined; opened: number | undefined; onView: (view: { status?: string; open?: string }) => void; mayCancel: boolean;
  runLink: (runId: string) => ReactNode;
}) {
  const executions = useExecutions(schedule, status);
  const columns = useMemo(() => columnsWith(runLink), [runLink]);
  const shown = executions.data?.find((one) => one.number === opened);
  return (
    <>
      <Panel flush title="Executions" actions={(
        <NativeSelect size="xs" aria-label="Status of executions" value={status ?? ''} data={[{ value: '', label: 'All' }, ...STATUSES.map((value) => ({ value, label: value.replace('_', ' ') }))]}
          onChange={(event) => { const value = event.currentTarget.value; onView({ status: value === '' ? undefined : value, open: opened === undefined ? undefined : String(opened) }); }} />
      )}>
        <QueryView query={executions} title="The history could not be loaded" loading={<TableSkeleton rows={4} />}
          empty={<div style={{ padding: 14 }}><EmptyState title={status === undefined ? 'It has not been due yet' : 'Nothing of this status'} command={status === undefined ? `slipway schedules run ${schedule} --wait` : undefined} /></div>}>
          {(rows) => (
            <DataTable name="executions" label="Executions" rows={rows} columns={columns} rowKey={(one) => String(one.number)} onOpen={(one) => { onView({ status, open: one.number === opened ? undefined : String(one.number) }); }}
              more={executions.hasNextPage ? () => { void executions.fetchNextPage(); } : undefined} loadingMore={executions.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
      {shown === undefined ? null : <Opened execution={shown} mayCancel={mayCancel} onClose={() => { onView({ status }); }} />}
    </>
  );
}

function Opened({ execution, mayCancel, onClose }: { execution: ExecutionInfo; mayCancel: boolean; onClose: () => void }) {
  const cancel = useCancelExecution(execution.schedule);
  const open = execution.finished_at === null;
  return (
    <Panel title={<span style={{ display: 'inline-flex', gap: 10, alignItems: 'center' }}>Execution {execution.number} <StateOf kind="executions" value={execution.status} detail={execution.detail} /></span>} actions={(
      <Group gap={6}>
        {open && mayCancel ? (
          <Button size="xs" variant="default" c="var(--sw-broken)" loading={cancel.isPending} leftSection={<Square size={12} aria-hidden />}
            onClick={() => { cancel.mutate(execution.number, { onError: (error) => { toast(error.message); } }); }}>Cancel execution</Button>
        ) : null}
        <Button size="xs" variant="default" onClick={onClose}>Close</Button>
      </Group>
    )}>
      <div style={{ display: 'grid', gap: 10 }}>
        {execution.detail === null ? null : <Notice tone={execution.status === 'skipped' || execution.status === 'cancelled' ? 'rest' : 'broken'}>{execution.detail}</Notice>}
        {execution.package === null ? <span className="sw-dim">Nothing was started.</span> : <ExecutionLog execution={execution} />}
      </div>
    </Panel>
  );
}
