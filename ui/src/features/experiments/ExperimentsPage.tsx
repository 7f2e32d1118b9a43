import { ActionIcon, Anchor, Badge, Button, Group, Menu, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { Archive, ArchiveRestore, MoreHorizontal, Search, Tag } from 'lucide-react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatNumber } from '../../lib/format.ts';
import type { ExperimentInfo } from '../../lib/wireRuns.ts';
import { useExperiments, useMoveExperiment, type ExperimentFilter } from './api.ts';
import { CreateExperimentButton } from './CreateExperimentButton.tsx';

const columns: Column<ExperimentInfo>[] = [
  {
    id: 'name', header: 'Name', fixed: true, order: 'name',
    cell: (one) => (
      <div>
        <Link to="/experiments/$experiment" params={{ experiment: one.id }} className="sw-link sw-break">{one.name}</Link>
        {one.description === null ? null : <div className="sw-dim" style={{ fontSize: 12.5, maxWidth: 420 }}>{one.description}</div>}
      </div>
    ),
  },
  { id: 'status', header: 'Status', sort: (one) => one.status, cell: (one) => <StateOf kind="experiments" value={one.status} /> },
  { id: 'runs', header: 'Runs', numeric: true, order: 'runs', cell: (one) => formatNumber(one.run_count) },
  { id: 'activity', header: 'Last activity', order: 'activity', cell: (one) => <RelativeTime at={one.last_activity_at} /> },
  { id: 'tags', header: 'Tags', cell: (one) => <Group gap={4}>{Object.entries(one.tags).map(([key, value]) => <Badge key={key} variant="default" tt="none" fw={500} maw={220}>{value === '' ? key : `${key}: ${value}`}</Badge>)}</Group> },
  { id: 'by', header: 'Created by', sort: (one) => one.created_by, cell: (one) => one.created_by, hidden: true },
  { id: 'created', header: 'Created', order: 'created', cell: (one) => <RelativeTime at={one.created_at} />, hidden: true },
  { id: 'actions', header: '', fixed: true, cell: (one) => <Actions experiment={one} /> },
];

const LATEST = '-activity';
const orders = [
  { value: LATEST, label: 'Latest activity' }, { value: 'activity', label: 'Earliest activity' }, { value: 'name', label: 'Name' }, { value: '-name', label: 'Name, from Z' },
  { value: '-created', label: 'Newest' }, { value: 'created', label: 'Oldest' }, { value: '-runs', label: 'Most runs' }, { value: 'runs', label: 'Fewest runs' },
];

/** All experiments; search, status, tags and order are the page's address. Archived ones are shown when asked for. */
export function ExperimentsPage({ filter, onFilter }: { filter: ExperimentFilter; onFilter: (filter: ExperimentFilter) => void }) {
  const navigate = useNavigate();
  const experiments = useExperiments(filter);
  const set = useDebouncedCallback((change: ExperimentFilter) => { onFilter({ ...filter, ...change }); }, 250);
  const current = filter.order ?? LATEST;
  const setOrder = (order: string) => { onFilter({ ...filter, order: order === LATEST ? undefined : order }); };
  const any = filter.q !== undefined || filter.status !== undefined || filter.tag !== undefined;
  return (
    <>
      <PageHead title="Experiments" tab="Experiments" lead="Lines of work, with the runs that tried things out. A run's file can become a version of a model.">
        <CreateExperimentButton onCreated={(id) => { void navigate({ to: '/experiments/$experiment', params: { experiment: id } }); }} />
      </PageHead>
      <Group gap="xs" mb="sm">
        <TextInput aria-label="Search experiments" placeholder="Name or description" leftSection={<Search size={14} aria-hidden />} defaultValue={filter.q ?? ''}
          onChange={(event) => { const q = event.currentTarget.value; set({ q: q === '' ? undefined : q }); }} />
        <Select aria-label="Status" placeholder="Not archived" clearable w={150} value={filter.status ?? null}
          data={[{ value: 'active', label: 'Active' }, { value: 'completed', label: 'Completed' }, { value: 'archived', label: 'Archived' }, { value: 'all', label: 'All' }]}
          onChange={(status) => { onFilter({ ...filter, status: status ?? undefined }); }} />
        <TextInput aria-label="Tags" placeholder="Tags: team=growth" title="Experiments with all of these" leftSection={<Tag size={14} aria-hidden />} w={190} defaultValue={filter.tag ?? ''}
          onChange={(event) => { const tag = event.currentTarget.value; set({ tag: tag === '' ? undefined : tag }); }} />
        <Select aria-label="Order" w={170} allowDeselect={false} value={current} data={orders} onChange={(order) => { setOrder(order ?? LATEST); }} />
        {any ? <Button variant="subtle" color="gray" onClick={() => { onFilter({}); }}>Reset all</Button> : null}
      </Group>
      <Panel flush>
        <QueryView query={experiments} title="The experiments could not be loaded" loading={<TableSkeleton rows={8} />}
          empty={(
            <div style={{ padding: 14 }}>
              {any ? <EmptyState title="No experiment matches these filters" action={<Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor>} />
                : <EmptyState title="No experiments yet" command="slipway experiments create churn-2026">Create one here, or start a run in Python: client.start_run("churn-2026") makes its experiment.</EmptyState>}
            </div>
          )}>
          {(rows) => (
            <DataTable name="experiments" label="Experiments" rows={rows} columns={columns} rowKey={(one) => one.id}
              order={{ by: current.replace(/^-/, ''), descending: current.startsWith('-'), set: (by, descending) => { setOrder(descending ? `-${by}` : by); } }}
              onOpen={(one) => { void navigate({ to: '/experiments/$experiment', params: { experiment: one.id } }); }}
              more={experiments.hasNextPage ? () => { void experiments.fetchNextPage(); } : undefined} loadingMore={experiments.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
    </>
  );
}

function Actions({ experiment }: { experiment: ExperimentInfo }) {
  const move = useMoveExperiment();
  const archived = experiment.status === 'Archived';
  return (
    <Needs right="write_registry"><Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" loading={move.isPending} aria-label={`Actions of ${experiment.name}`}><MoreHorizontal size={15} aria-hidden /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {archived
          ? <Menu.Item leftSection={<ArchiveRestore size={14} aria-hidden />} onClick={() => { move.mutate({ id: experiment.id, verb: 'restore' }); }}>Restore</Menu.Item>
          : <Menu.Item leftSection={<Archive size={14} aria-hidden />} onClick={() => { move.mutate({ id: experiment.id, verb: 'archive' }); }}>Archive</Menu.Item>}
      </Menu.Dropdown>
    </Menu></Needs>
  );
}
