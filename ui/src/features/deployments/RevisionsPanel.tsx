import { Button, Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { GitCommitVertical } from 'lucide-react';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import type { DeploymentInfo, RevisionInfo } from '../../lib/wire.ts';
import { useRevisions } from './api.ts';
import { defaultVariant } from './facts.ts';
import { RevisionDetails } from './RevisionDetails.tsx';

const last = (one: RevisionInfo) => one.live_periods.at(-1);
const columns: Column<RevisionInfo>[] = [
  { id: 'number', header: 'Revision', numeric: true, fixed: true, sort: (one) => one.number, cell: (one) => one.number },
  { id: 'name', header: 'Name', sort: (one) => one.name, cell: (one) => one.name },
  { id: 'state', header: 'State', fixed: true, sort: (one) => one.status, cell: (one) => <StateOf kind="revisions" value={one.status} detail={one.status_detail} /> },
  {
    id: 'version', header: 'Model version', fixed: true,
    cell: (one) => {
      const variant = defaultVariant(one);
      return variant === null ? '–' : (
        <Link to="/models/$model/$version" params={{ model: variant.model, version: String(variant.model_version) }} className="sw-link">
          {variant.model} v{variant.model_version}{variant.version_label === null ? '' : ` (${variant.version_label})`}
        </Link>
      );
    },
  },
  { id: 'since', header: 'Live since', sort: (one) => last(one)?.from, cell: (one) => { const period = last(one); return period === undefined ? <span className="sw-dim">never</span> : <RelativeTime at={period.from} />; } },
  { id: 'until', header: 'Live until', sort: (one) => last(one)?.until, cell: (one) => { const until = last(one)?.until ?? null; return until === null ? <span className="sw-dim">–</span> : <RelativeTime at={until} />; } },
  { id: 'image', header: 'Base image', hidden: true, cell: (one) => <span className="sw-mono">{defaultVariant(one)?.base_image ?? '–'}</span> },
  {
    id: 'resources', header: 'Per replica', hidden: true,
    cell: (one) => { const variant = defaultVariant(one); return variant === null ? '–' : `${variant.resources.cpu_cores} CPU, ${variant.resources.memory_mib} MiB`; },
  },
  { id: 'labels', header: 'Labels', hidden: true, cell: (one) => <span className="sw-mono">{Object.entries(one.labels).map(([key, value]) => `${key}=${value}`).join(' ')}</span> },
  { id: 'by', header: 'Made by', cell: (one) => one.created_by },
  { id: 'at', header: 'Made', sort: (one) => one.created_at, cell: (one) => <RelativeTime at={one.created_at} /> },
];

/** All revisions with what became of each; one of them opened beside, with the way to its neighbours. In production, those that were live. */
export function RevisionsPanel({ deployment, open, onOpen, onUpdate }: { deployment: DeploymentInfo; open: number | null; onOpen: (number: number | null) => void; onUpdate: () => void }) {
  const revisions = useRevisions({ environment: deployment.environment, name: deployment.name });
  const [all, setAll] = useState(deployment.environment !== 'production');
  const shownOf = (rows: RevisionInfo[]) => rows.filter((one) => all || one.live_periods.length > 0 || one.status === 'live' || one.status === 'rolling_out' || one.number === open);
  return (
    <Panel title="Revisions" flush actions={(
      <div style={{ display: 'flex', gap: 12, alignItems: 'center', flexWrap: 'wrap' }}>
        <Checkbox size="xs" label="Also those that never were live" checked={all} onChange={(event) => { setAll(event.currentTarget.checked); }} />
        <NeedsToOperate environment={deployment.environment}><Button size="xs" style={{ flex: 'none' }} leftSection={<GitCommitVertical size={14} aria-hidden />} onClick={onUpdate}>Update model</Button></NeedsToOperate>
      </div>
    )}>
      <QueryView query={revisions} title="The revisions could not be loaded" loading={<TableSkeleton rows={3} />}
        empty={<div style={{ padding: 14 }}><EmptyState title="No revision yet" /></div>}>
        {(rows) => <Rows rows={shownOf(rows)} deployment={deployment} open={open} onOpen={onOpen} />}
      </QueryView>
    </Panel>
  );
}

function Rows({ rows, deployment, open, onOpen }: { rows: RevisionInfo[]; deployment: DeploymentInfo; open: number | null; onOpen: (number: number | null) => void }) {
  const at = rows.findIndex((one) => one.number === open);
  const shown = rows[at];
  return (
    <>
      <DataTable name="revisions" label="Revisions" rows={rows} columns={columns} rowKey={(one) => String(one.number)} onOpen={(one) => { onOpen(one.number); }} />
      {shown === undefined ? null : (
        <RevisionDetails key={shown.number} deployment={deployment} revision={shown} onClose={() => { onOpen(null); }}
          earlier={rows[at + 1]?.number ?? null} later={rows[at - 1]?.number ?? null} onOpen={onOpen} />
      )}
    </>
  );
}
