import { ActionIcon, Anchor, Button, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, GitCompareArrows, Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useNow } from '../../lib/clock.ts';
import { ApiError } from '../../lib/http.ts';
import type { ExperimentColumns, ExperimentInfo, RunInfo } from '../../lib/wireRuns.ts';
import { useColumns, useRuns, type RunFilter } from './api.ts';
import { duration, formatMetric, nameOf, quoted } from './facts.ts';

/** Columns shown until somebody chooses others. */
const SHOWN = 3;
const none: ExperimentColumns = { metrics: [], parameters: [], tags: [], truncated: false };

/** Runs of an experiment: searched by the grammar, ordered by the server, chosen for comparing. */
export function RunTable({ experiment, filter, onFilter }: { experiment: ExperimentInfo; filter: RunFilter; onFilter: (filter: RunFilter) => void }) {
  const navigate = useNavigate();
  const runs = useRuns(experiment.id, filter);
  const keys = useColumns(experiment.id).data ?? none;
  const [text, setText] = useState(filter.filter ?? '');
  const [chosen, setChosen] = useState<string[]>([]);
  const refused = runs.error instanceof ApiError && runs.error.status === 400 ? runs.error : null;
  const columns = useRunColumns(keys, chosen, setChosen);
  const [orderKey, direction] = (filter.order_by ?? 'start_time DESC').split(/ (?=ASC$|DESC$)/);
  const order = (key: string, descending: boolean) => {
    onFilter({ ...filter, order_by: key === 'start_time' && descending ? undefined : `${key} ${descending ? 'DESC' : 'ASC'}` });
  };
  const submit = () => { onFilter({ ...filter, filter: text.trim() === '' ? undefined : text.trim() }); };
  return (
    <>
      <Group gap="xs" mb="sm" align="flex-start" role="search">
          <TextInput aria-label="Search runs" placeholder="metrics.accuracy > 0.9 and params.optimizer = 'adam'" leftSection={<Search size={14} aria-hidden />} className="sw-mono" spellCheck={false}
            style={{ flex: '1 1 320px' }} value={text} error={refused?.field('filter') ?? refused?.field('order_by')} onBlur={submit} onKeyDown={(event) => { if (event.key === 'Enter') submit(); }} onChange={(event) => { setText(event.currentTarget.value); }} />
          <Select aria-label="Order by" w={190} searchable allowDeselect={false} value={orderKey ?? 'start_time'} onChange={(key) => { order(key ?? 'start_time', direction !== 'ASC'); }}
            data={[
              { group: 'Run', items: [{ value: 'start_time', label: 'Started' }, { value: 'end_time', label: 'Ended' }, { value: 'run_name', label: 'Name' }, { value: 'status', label: 'Status' }] },
              { group: 'Metrics', items: keys.metrics.map((key) => ({ value: quoted('metrics', key), label: key })) },
              { group: 'Parameters', items: keys.parameters.map((key) => ({ value: quoted('params', key), label: key })) },
              { group: 'Tags', items: keys.tags.map((key) => ({ value: quoted('tags', key), label: key })) },
            ]} />
          <ActionIcon variant="default" size={36} aria-label={direction === 'ASC' ? 'Smallest first' : 'Largest first'} title={direction === 'ASC' ? 'Smallest first' : 'Largest first'}
            onClick={() => { order(orderKey ?? 'start_time', direction === 'ASC'); }}>
            {direction === 'ASC' ? <ArrowUp size={15} aria-hidden /> : <ArrowDown size={15} aria-hidden />}
          </ActionIcon>
          <Select aria-label="View" w={120} allowDeselect={false} value={filter.view ?? 'active'} data={[{ value: 'active', label: 'Runs' }, { value: 'deleted', label: 'Deleted' }, { value: 'all', label: 'All' }]}
            onChange={(view) => { onFilter({ ...filter, view: view === null || view === 'active' ? undefined : view }); }} />
          <Button variant="default" leftSection={<GitCompareArrows size={15} aria-hidden />} disabled={chosen.length < 2}
            onClick={() => { void navigate({ to: '/compare-runs', search: { runs: chosen.join(',') } }); }}>
            Compare{chosen.length < 2 ? '' : ` ${chosen.length}`}
          </Button>
      </Group>
      <Panel flush>
        {refused !== null ? <div style={{ padding: 14 }}><EmptyState title="The search cannot be answered">{refused.problem.detail}</EmptyState></div> : (
          <QueryView query={runs} title="The runs could not be loaded" loading={<TableSkeleton rows={8} />}
            empty={(
              <div style={{ padding: 14 }}>
                {filter.filter !== undefined || filter.view !== undefined
                  ? <EmptyState title="No run matches" action={<Anchor component="button" onClick={() => { setText(''); onFilter({}); }}>Show all runs</Anchor>} />
                  : <EmptyState title="No runs yet" command={`with client.start_run("${experiment.id}") as run: run.log_metrics({"accuracy": 0.9})`}>Start one in Python: from slipway import MLOpsClient.</EmptyState>}
              </div>
            )}>
            {(rows) => (
              <DataTable name={`runs-${experiment.id}`} label="Runs" rows={rows} columns={columns} rowKey={(run) => run.id}
                order={{ by: orderKey ?? 'start_time', descending: direction !== 'ASC', set: order }}
                onOpen={(run) => { void navigate({ to: '/runs/$run', params: { run: run.id } }); }}
                more={runs.hasNextPage ? () => { void runs.fetchNextPage(); } : undefined} loadingMore={runs.isFetchingNextPage} />
            )}
          </QueryView>
        )}
      </Panel>
    </>
  );
}

function useRunColumns(keys: ExperimentColumns, chosen: string[], setChosen: (update: (old: string[]) => string[]) => void): Column<RunInfo>[] {
  return useMemo(() => [
    {
      id: 'select', header: '', fixed: true,
      cell: (run) => (
        <Checkbox size="xs" aria-label={`Choose ${nameOf(run)}`} checked={chosen.includes(run.id)}
          onChange={(event) => { const on = event.currentTarget.checked; setChosen((old) => (on ? [...old, run.id] : old.filter((id) => id !== run.id))); }} />
      ),
    },
    {
      id: 'name', header: 'Run', fixed: true, order: 'run_name',
      cell: (run) => (
        <span style={{ whiteSpace: 'nowrap' }}>
          {run.parent_run_id === null ? null : <span className="sw-dim" title="Part of another run">↳ </span>}
          <Link to="/runs/$run" params={{ run: run.id }} className={run.name === null ? 'sw-link sw-mono' : 'sw-link'} title={run.id}>{nameOf(run)}</Link>
        </span>
      ),
    },
    { id: 'status', header: 'Status', order: 'status', cell: (run) => <StateOf kind="runs" value={run.status} detail={run.status_reason} /> },
    { id: 'started', header: 'Started', order: 'start_time', cell: (run) => <RelativeTime at={run.started_at} /> },
    { id: 'duration', header: 'Duration', numeric: true, cell: (run) => <Duration run={run} /> },
    { id: 'user', header: 'User', cell: (run) => run.user },
    ...keys.metrics.map((key, at): Column<RunInfo> => ({
      id: `m:${key}`, header: key, numeric: true, hidden: at >= SHOWN, order: quoted('metrics', key), cell: (run) => formatMetric(run.metrics[key]?.value),
    })),
    ...keys.parameters.map((key, at): Column<RunInfo> => ({
      id: `p:${key}`, header: key, hidden: at >= SHOWN, order: quoted('params', key),
      cell: (run) => <span title={run.parameters[key]} style={{ display: 'inline-block', maxWidth: 180, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', verticalAlign: 'bottom' }}>{run.parameters[key] ?? '–'}</span>,
    })),
    ...keys.tags.map((key): Column<RunInfo> => ({ id: `t:${key}`, header: `${key} (tag)`, hidden: true, order: quoted('tags', key), cell: (run) => run.tags[key] ?? '–' })),
  ], [keys, chosen, setChosen]);
}

function Duration({ run }: { run: RunInfo }) {
  const now = useNow();
  return <>{duration(run, now)}</>;
}
