import { Link, useNavigate } from '@tanstack/react-router';
import { Boxes, MessageSquareText, UserRound } from 'lucide-react';
import { Sparkline } from '../../components/Sparkline.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { DeploymentActions } from './DeploymentActions.tsx';
import { liveVersion } from './facts.ts';
import { FollowingBadge } from './FollowingLine.tsx';
import { DraftBadge } from './LiveDraft.tsx';
import { RolloutProgress } from './RolloutProgress.tsx';
import { WaitingBadges } from './WaitingRequest.tsx';

/** A deployment on the board. The whole card opens it; its menu lies above. */
export function DeploymentCard({ deployment }: { deployment: DeploymentInfo }) {
  const navigate = useNavigate();
  const { environment, name } = deployment;
  const target = { to: '/deployments/$env/$name/$tab' as const, params: { env: environment, name, tab: 'overview' } };
  const Kind = deployment.kind === 'prompt' ? MessageSquareText : Boxes;
  return (
    <li className="sw-card" aria-label={`${name} in ${environment}`}>
      <div style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
        <Kind size={15} aria-label={deployment.kind} className="sw-dim" style={{ flex: 'none' }} />
        <Link {...target} className="sw-link sw-cover sw-clip" style={{ flex: 1 }}>{name}</Link>
        <span className="sw-above"><DeploymentActions deployment={deployment} onOpen={() => { void navigate(target); }} /></span>
      </div>
      <div style={{ display: 'flex', gap: 8, alignItems: 'center', margin: '6px 0 8px', minWidth: 0 }}>
        <StateOf kind="deployments" value={deployment.status} detail={deployment.status_detail} />
        <DraftBadge deployment={deployment} />
        <span className="sw-dim sw-clip" style={{ fontSize: 13 }}>{liveVersion(deployment) ?? 'nothing live yet'}</span>
      </div>
      {deployment.status_detail === null ? null : <div className="sw-break" style={{ fontSize: 12.5, marginBottom: 8 }}>{deployment.status_detail}</div>}
      <WaitingBadges deployment={deployment} />
      <FollowingBadge deployment={deployment} />
      <Sparkline requests={deployment.requests_per_minute} errors={deployment.errors_per_minute} />
      {deployment.rollout === null ? null : <div style={{ marginTop: 8 }}><RolloutProgress rollout={deployment.rollout} /></div>}
      <div className="sw-dim" style={{ display: 'flex', justifyContent: 'space-between', gap: 8, fontSize: 12.5, marginTop: 8 }}>
        <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center', minWidth: 0 }}><UserRound size={12} aria-label="Owner" /> <span className="sw-clip">{deployment.owner}</span></span>
        <span className="sw-num" title="Replicas that are ready, of those wanted">{deployment.replicas_ready} / {deployment.replicas_wanted} ready</span>
      </div>
    </li>
  );
}
