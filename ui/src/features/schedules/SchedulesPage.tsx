import { Anchor, Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import type { ScheduleInfo } from '../../lib/wireSchedules.ts';
import { useSchedules, type ScheduleFilter } from './api.ts';
import { ScheduleForm } from './ScheduleForm.tsx';

const columns: Column<ScheduleInfo>[] = [
  {
    id: 'name', header: 'Name', fixed: true, sort: (one) => one.name,
    cell: (one) => <div><Link to="/schedules/$name" params={{ name: one.name }} className="sw-link">{one.name}</Link>{one.description === null ? null : <div className="sw-dim" style={{ fontSize: 12.5, maxWidth: 360 }}>{one.description}</div>}</div>,
  },
  { id: 'status', header: 'Status', sort: (one) => one.status, cell: (one) => <StateOf kind="schedules" value={one.status} /> },
  { id: 'when', header: 'When', cell: (one) => <span style={{ whiteSpace: 'nowrap' }}><span className="sw-mono">{one.cron}</span> <span className="sw-dim">{one.time_zone}</span></span> },
  { id: 'next', header: 'Next run', sort: (one) => one.next_run_at, cell: (one) => <RelativeTime at={one.next_run_at} /> },
  {
    id: 'last', header: 'Last result', sort: (one) => one.last?.finished_at,
    cell: (one) => (one.current !== null ? <StateOf kind="executions" value={one.current.status} />
      : one.last === null ? <span className="sw-dim">not run yet</span>
      : <span style={{ display: 'inline-flex', gap: 8 }}><StateOf kind="executions" value={one.last.status} detail={one.last.detail} /><span className="sw-dim"><RelativeTime at={one.last.finished_at} /></span></span>),
  },
  { id: 'experiment', header: 'Experiment', sort: (one) => one.experiment, cell: (one) => one.experiment },
  { id: 'owner', header: 'Owner', sort: (one) => one.owner, cell: (one) => one.owner },
];

/** Training jobs that run by themselves: when next, and how the last one went. */
export function SchedulesPage({ filter, onFilter, mayCreate }: { filter: ScheduleFilter; onFilter: (filter: ScheduleFilter) => void; mayCreate: boolean }) {
  const navigate = useNavigate();
  const schedules = useSchedules(filter);
  const [creating, setCreating] = useState(false);
  const search = useDebouncedCallback((q: string) => { onFilter({ ...filter, q: q === '' ? undefined : q }); }, 250);
  const any = filter.q !== undefined || filter.status !== undefined;
  const open = (name: string) => { void navigate({ to: '/schedules/$name', params: { name } }); };
  return (
    <>
      <PageHead title="Schedules" tab="Schedules" lead="Training jobs that run by themselves, at the times of a cron expression, and log to runs of their own.">
        {mayCreate ? <Button leftSection={<Plus size={15} aria-hidden />} onClick={() => { setCreating(true); }}>New schedule</Button> : null}
      </PageHead>
      <Group gap="xs" mb="sm">
        <TextInput aria-label="Search schedules" placeholder="Name or experiment" leftSection={<Search size={14} aria-hidden />} defaultValue={filter.q ?? ''} onChange={(event) => { search(event.currentTarget.value); }} />
        <NativeSelect aria-label="Status" value={filter.status ?? ''} data={[{ value: '', label: 'Any status' }, { value: 'active', label: 'Active' }, { value: 'paused', label: 'Paused' }]}
          onChange={(event) => { const status = event.currentTarget.value; onFilter({ ...filter, status: status === '' ? undefined : status }); }} />
      </Group>
      <Panel flush>
        <QueryView query={schedules} title="The schedules could not be loaded" loading={<TableSkeleton rows={5} />}
          empty={(
            <div style={{ padding: 14 }}>
              {any ? <EmptyState title="No schedule matches these filters" action={<Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor>} />
                : <EmptyState title="No schedules yet" command="slipway schedules create DIR --experiment E --cron '30 2 * * *'">A schedule runs a folder with a command, or a script, again and again.</EmptyState>}
            </div>
          )}>
          {(rows) => (
            <DataTable name="schedules" label="Schedules" rows={rows} columns={columns} rowKey={(one) => one.name} onOpen={(one) => { open(one.name); }}
              more={schedules.hasNextPage ? () => { void schedules.fetchNextPage(); } : undefined} loadingMore={schedules.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
      <GuardedModal opened={creating} onClose={() => { setCreating(false); }} title="New schedule" size="xl">
        {creating ? <ScheduleForm onCancel={() => { setCreating(false); }} onDone={(made) => { setCreating(false); open(made.name); }} /> : null}
      </GuardedModal>
    </>
  );
}
