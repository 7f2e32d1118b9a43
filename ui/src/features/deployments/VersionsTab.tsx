import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { stateWord } from '../../lib/states.ts';
import type { DeploymentInfo, RolloutInfo } from '../../lib/wire.ts';
import { useRollouts } from './api.ts';
import { reasonWords } from './facts.ts';
import { PromotionsPanel } from './PromotionsPanel.tsx';
import { RevisionForm } from './RevisionForm.tsx';
import { RevisionsPanel } from './RevisionsPanel.tsx';
import { RolloutProgress } from './RolloutProgress.tsx';
import { StatusesPanel } from './StatusesPanel.tsx';

/** Revisions, the ledger of rollouts, and the update to another version. */
export function VersionsTab({ deployment, open, onOpen }: {
  deployment: DeploymentInfo; open: number | null; onOpen: (number: number | null) => void;
}) {
  const ref = { environment: deployment.environment, name: deployment.name };
  const rollouts = useRollouts(ref);
  const [updating, setUpdating] = useState(false);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <RevisionsPanel deployment={deployment} open={open} onOpen={onOpen} onUpdate={() => { setUpdating(true); }} />
      <PromotionsPanel deployment={deployment} />
      <Panel title="Rollouts">
        <QueryView query={rollouts} title="The rollouts could not be loaded" loading={<TableSkeleton rows={4} />} empty={<EmptyState title="No rollout yet">Each change of what is live is kept here, with its steps.</EmptyState>}>
          {(all) => <div style={{ display: 'grid', gap: 20 }}>{all.map((rollout) => <Rollout key={rollout.id} rollout={rollout} />)}</div>}
        </QueryView>
      </Panel>
      <StatusesPanel deployment={deployment} />
      <RevisionForm opened={updating} deployment={deployment} onClose={() => { setUpdating(false); }} />
    </div>
  );
}

function Rollout({ rollout }: { rollout: RolloutInfo }) {
  const over = rollout.finished_at !== null;
  return (
    <article aria-label={`Rollout to revision ${rollout.to_revision}`}>
      <div style={{ display: 'flex', gap: 10, alignItems: 'center', flexWrap: 'wrap', marginBottom: 8, fontSize: 14 }}>
        <StateOf kind="rollouts" value={rollout.status} />
        <strong>{rollout.from_revision === null ? `First rollout: revision ${rollout.to_revision}` : `Revision ${rollout.from_revision} → ${rollout.to_revision}`}</strong>
        <Link to="/deployments/$env/$name/$tab" params={{ env: rollout.environment, name: rollout.deployment, tab: 'rollout' }} search={{ rollout: rollout.id }} className="sw-link">Details</Link>
        <span className="sw-dim">{reasonWords(rollout.strategy)}, by {rollout.started_by}, <RelativeTime at={rollout.started_at} /></span>
      </div>
      {over ? null : <div style={{ maxWidth: 480, marginBottom: 10 }}><RolloutProgress rollout={rollout} /></div>}
      {rollout.error_code === null && rollout.error_message === null ? null : (
        <div style={{ marginBottom: 10 }}><Notice tone="broken" title={reasonWords(rollout.error_code ?? 'failed')}>{rollout.error_message ?? 'The previous revision kept serving.'}</Notice></div>
      )}
      <ol className="sw-steps">
        {rollout.steps.map((step) => (
          <li key={step.number} data-tone={stateWord('rollouts', step.status).tone}>
            {step.what} <span className="sw-dim sw-num">· {step.percent_traffic_to_new_version} % · <RelativeTime at={step.at} /></span>
          </li>
        ))}
      </ol>
    </article>
  );
}
