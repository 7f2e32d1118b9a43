import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatBytes, formatMs, formatNumber, formatRatio } from '../../lib/format.ts';
import { exitReason, stateWord } from '../../lib/states.ts';
import type { ReplicaInfo } from '../../lib/wire.ts';
import { useReplicas } from './api.ts';

/** The end of a replica's id, as log lines carry it. */
export const shortReplica = (id: string) => (id.length > 8 ? id.slice(-8) : id);

const columns: Column<ReplicaInfo>[] = [
  { id: 'id', header: 'Replica', fixed: true, sort: (one) => one.id, cell: (one) => <span className="sw-mono" title={one.id}>{shortReplica(one.id)}</span> },
  { id: 'state', header: 'State', fixed: true, sort: (one) => one.state, cell: (one) => <StateOf kind="replicas" value={one.ejected && one.state === 'ready' ? 'ejected' : one.state} /> },
  { id: 'revision', header: 'Revision', numeric: true, sort: (one) => one.revision, cell: (one) => one.revision ?? '–' },
  { id: 'pid', header: 'Pid', numeric: true, sort: (one) => one.pid, cell: (one) => (one.placement === 'gateway' ? <span title="It has no process of its own">in the gateway</span> : one.pid ?? '–') },
  { id: 'memory', header: 'Memory', numeric: true, sort: (one) => one.resident_bytes, cell: (one) => (one.resident_bytes === null ? '–' : formatBytes(one.resident_bytes)) },
  { id: 'cpu', header: 'CPU', numeric: true, sort: (one) => one.cpu_cores, cell: (one) => (one.cpu_cores === null ? '–' : `${one.cpu_cores.toFixed(2)} cores`) },
  { id: 'rate', header: 'Requests/s', numeric: true, sort: (one) => one.requests_per_second, cell: (one) => (one.requests_per_second === null ? '–' : one.requests_per_second.toFixed(1)) },
  { id: 'p95', header: 'p95', numeric: true, sort: (one) => one.p95_ms, cell: (one) => formatMs(one.p95_ms) },
  { id: 'failed', header: 'Failed', numeric: true, sort: (one) => one.error_rate, cell: (one) => formatRatio(one.error_rate) },
  { id: 'flight', header: 'In flight', numeric: true, sort: (one) => one.in_flight, cell: (one) => one.in_flight },
  { id: 'requests', header: 'Requests', numeric: true, sort: (one) => one.requests, cell: (one) => formatNumber(one.requests) },
  { id: 'restarts', header: 'Restarts', numeric: true, sort: (one) => one.restarts, cell: (one) => one.restarts },
  {
    id: 'exit', header: 'Last exit',
    cell: (one) => (one.last_exit === null ? <span className="sw-dim">–</span> : (
      <div className="sw-break" style={{ minWidth: 140, maxWidth: 320 }}>
        {exitReason(one.last_exit)} {one.last_exit === 'unknown' ? null : <span className="sw-mono sw-dim">{one.last_exit}</span>}
        {one.last_exit_detail === null ? null : <div className="sw-dim" style={{ fontSize: 12.5 }}>{one.last_exit_detail}</div>}
      </div>
    )),
  },
  { id: 'started', header: 'Started', sort: (one) => one.started_at, cell: (one) => <RelativeTime at={one.started_at} /> },
];

/** The processes of a deployment: state, pid, memory, restarts, how the last one ended. */
export function ReplicasTable({ environment, name }: { environment: string; name: string }) {
  const replicas = useReplicas(environment, name);
  return (
    <Panel title="Replicas" flush>
      <QueryView query={replicas} title="The replicas could not be loaded" loading={<TableSkeleton rows={2} />}
        empty={<div style={{ padding: 14 }}><EmptyState title="No replica runs">A stopped deployment has none; Start brings them back.</EmptyState></div>}>
        {(rows) => <DataTable name="replicas" label="Replicas" rows={rows} columns={columns} rowKey={(one) => one.id} />}
      </QueryView>
    </Panel>
  );
}

/** Which limits this machine really holds the replicas to. */
export function LimitWords({ environment, name }: { environment: string; name: string }) {
  const limits = useReplicas(environment, name).data?.[0]?.limits;
  if (limits === undefined) return <span className="sw-dim">known once a replica runs</span>;
  return (
    <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: 8 }}>
      {Object.entries(limits).map(([limit, support]) => (
        <span key={limit} style={{ display: 'inline-flex', gap: 5, alignItems: 'center' }}>{limit} <StateOf kind="limits" value={support.split(/[ (:]/)[0] ?? support} detail={`${support}: ${stateWord('limits', support).meaning}`} /></span>
      ))}
    </span>
  );
}
