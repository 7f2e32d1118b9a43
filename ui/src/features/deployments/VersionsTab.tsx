import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { GitCommitVertical } from 'lucide-react';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge, StateOf } from '../../components/StateBadge.tsx';
import type { DeploymentInfo, RevisionInfo, RolloutInfo } from '../../lib/wire.ts';
import { useRevisions, useRollouts } from './api.ts';
import { defaultVariant, reasonWords } from './facts.ts';
import { RevisionForm } from './RevisionForm.tsx';
import type { VersionChoice } from './DeploymentForm.tsx';
import { RolloutProgress } from './RolloutProgress.tsx';

const columns: Column<RevisionInfo>[] = [
  { id: 'number', header: 'Revision', numeric: true, fixed: true, sort: (one) => one.number, cell: (one) => one.number },
  { id: 'name', header: 'Name', sort: (one) => one.name, cell: (one) => one.name },
  {
    id: 'live', header: 'State', cell: (one) => (one.is_live
      ? <StateBadge state={{ tone: 'well', word: 'Live', meaning: 'This revision answers requests.' }} />
      : <span className="sw-dim">–</span>),
  },
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
  { id: 'image', header: 'Base image', cell: (one) => <span className="sw-mono">{defaultVariant(one)?.base_image ?? '–'}</span> },
  {
    id: 'resources', header: 'Per replica',
    cell: (one) => { const variant = defaultVariant(one); return variant === null ? '–' : `${variant.resources.cpu_cores} CPU, ${variant.resources.memory_mib} MiB`; },
  },
  { id: 'labels', header: 'Labels', hidden: true, cell: (one) => <span className="sw-mono">{Object.entries(one.labels).map(([key, value]) => `${key}=${value}`).join(' ')}</span> },
  { id: 'by', header: 'Made by', cell: (one) => one.created_by },
  { id: 'at', header: 'When', sort: (one) => one.created_at, cell: (one) => <RelativeTime at={one.created_at} /> },
];

/** Revisions, the ledger of rollouts, and the update to another version. */
export function VersionsTab({ deployment, versions, baseImages }: { deployment: DeploymentInfo; versions: VersionChoice[]; baseImages: string[] }) {
  const ref = { environment: deployment.environment, name: deployment.name };
  const revisions = useRevisions(ref);
  const rollouts = useRollouts(ref);
  const [updating, setUpdating] = useState(false);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <Panel title="Revisions" flush actions={<Button size="xs" leftSection={<GitCommitVertical size={14} aria-hidden />} onClick={() => { setUpdating(true); }}>New revision</Button>}>
        <QueryView query={revisions} title="The revisions could not be loaded" loading={<TableSkeleton rows={3} />}
          empty={<div style={{ padding: 14 }}><EmptyState title="No revision yet" /></div>}>
          {(rows) => <DataTable name="revisions" label="Revisions" rows={rows} columns={columns} rowKey={(one) => String(one.number)} />}
        </QueryView>
      </Panel>
      <Panel title="Rollouts">
        <QueryView query={rollouts} title="The rollouts could not be loaded" loading={<TableSkeleton rows={4} />} empty={<EmptyState title="No rollout yet">Each change of what is live is kept here, with its steps.</EmptyState>}>
          {(all) => <div style={{ display: 'grid', gap: 20 }}>{all.map((rollout) => <Rollout key={rollout.id} rollout={rollout} />)}</div>}
        </QueryView>
      </Panel>
      <RevisionForm opened={updating} deployment={deployment} versions={versions} baseImages={baseImages} onClose={() => { setUpdating(false); }} />
    </div>
  );
}

const stepTone = (status: string) => (/fail|error/i.test(status) ? 'broken' : /run|progress|wait|pending/i.test(status) ? 'moving' : 'well');

function Rollout({ rollout }: { rollout: RolloutInfo }) {
  const over = rollout.finished_at !== null;
  return (
    <article aria-label={`Rollout to revision ${rollout.to_revision}`}>
      <div style={{ display: 'flex', gap: 10, alignItems: 'center', flexWrap: 'wrap', marginBottom: 8, fontSize: 14 }}>
        <StateOf kind="rollouts" value={rollout.status} />
        <strong>{rollout.from_revision === null ? `First rollout: revision ${rollout.to_revision}` : `Revision ${rollout.from_revision} → ${rollout.to_revision}`}</strong>
        <span className="sw-dim">{reasonWords(rollout.strategy)}, by {rollout.started_by}, <RelativeTime at={rollout.started_at} /></span>
      </div>
      {over ? null : <div style={{ maxWidth: 480, marginBottom: 10 }}><RolloutProgress rollout={rollout} /></div>}
      {rollout.error_code === null && rollout.error_message === null ? null : (
        <div style={{ marginBottom: 10 }}><Notice tone="broken" title={reasonWords(rollout.error_code ?? 'failed')}>{rollout.error_message ?? 'The previous revision kept serving.'}</Notice></div>
      )}
      <ol className="sw-steps">
        {rollout.steps.map((step) => (
          <li key={step.number} data-tone={stepTone(step.status)}>
            {step.what} <span className="sw-dim sw-num">· {step.percent_traffic_to_new_version} % · <RelativeTime at={step.at} /></span>
          </li>
        ))}
      </ol>
    </article>
  );
}
