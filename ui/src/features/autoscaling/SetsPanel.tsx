import { Button } from '@mantine/core';
import { Sunrise } from 'lucide-react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { formatMs } from '../../lib/format.ts';
import type { SetScaleInfo } from '../../lib/wire.ts';
import { useAutoscaling, useWake } from './api.ts';
import { reasonWord } from './reasons.ts';

const percent = (value: number | null) => (value === null ? '–' : `${Math.round(value)} %`);
const columns: Column<SetScaleInfo>[] = [
  { id: 'variant', header: 'Variant', fixed: true, sort: (one) => one.variant, cell: (one) => `${one.variant}, r${one.revision}` },
  { id: 'ready', header: 'Ready', numeric: true, sort: (one) => one.ready, cell: (one) => `${one.ready} / ${one.planned}` },
  {
    id: 'reason', header: 'Why', fixed: true, sort: (one) => one.reason,
    cell: (one) => <div style={{ minWidth: 180 }}>{reasonWord(one.reason)} <div className="sw-dim" style={{ fontSize: 12.5 }}>{one.detail}</div></div>,
  },
  { id: 'load', header: 'At a time', numeric: true, sort: (one) => one.concurrency, cell: (one) => (one.concurrency === null ? '–' : one.concurrency.toFixed(1)) },
  { id: 'waiting', header: 'Waiting', numeric: true, sort: (one) => one.queued + one.parked, cell: (one) => one.queued + one.parked },
  { id: 'cpu', header: 'CPU', numeric: true, sort: (one) => one.cpu_percentage, cell: (one) => percent(one.cpu_percentage) },
  { id: 'memory', header: 'Memory', numeric: true, sort: (one) => one.memory_percentage, cell: (one) => percent(one.memory_percentage) },
  { id: 'cold', header: 'Last cold start', numeric: true, sort: (one) => one.cold_start_seconds, cell: (one) => (one.cold_start_seconds === null ? '–' : formatMs(one.cold_start_seconds * 1000)) },
  { id: 'since', header: 'Since', sort: (one) => one.since, cell: (one) => (one.since === null ? '–' : <RelativeTime at={one.since} />) },
];

/** How many replicas each set should have, and why. */
export function SetsPanel({ environment, name, asleep }: { environment: string; name: string; asleep: boolean }) {
  const scaling = useAutoscaling(environment, name);
  const wake = useWake(environment, name);
  return (
    <Panel title="Scaling" flush actions={asleep ? (
      <Needs right="predict"><Button size="compact-sm" variant="default" leftSection={<Sunrise size={14} aria-hidden />} loading={wake.isPending}
        onClick={() => { wake.mutate(undefined, { onSuccess: () => { toast(`${name} is waking up.`); }, onError: toastError }); }}>Wake</Button></Needs>
    ) : undefined}>
      <QueryView query={scaling} title="The scaling could not be loaded" loading={<TableSkeleton rows={2} />}>
        {(data) => (data.sets.length === 0
          ? <div style={{ padding: 14 }}><EmptyState title="Nothing is scaled yet">Replica sets appear here once a revision runs.</EmptyState></div>
          : <DataTable name="scaling" label="Replica sets" rows={data.sets} columns={columns} rowKey={(one) => one.replica_set} />)}
      </QueryView>
    </Panel>
  );
}
