import { Link } from '@tanstack/react-router';
import { Notice } from '../../components/Notice.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import type { DeploymentInfo, EnvironmentInfo } from '../../lib/wire.ts';
import type { ApprovalInfo } from '../../lib/wireApprovals.ts';
import { asksForApproval, useWaitingRequests } from './waiting.ts';

/** On a card: something waits for a reviewer. */
export function WaitingBadges({ deployment }: { deployment: DeploymentInfo }) {
  const { own, onward } = useWaitingRequests(deployment);
  if (own === undefined && onward === undefined) return null;
  return (
    <div style={{ display: 'flex', gap: 6, flexWrap: 'wrap', marginBottom: 8 }}>
      {own === undefined ? null : <StateBadge state={{ tone: 'look', word: `${own.to} waits for approval`, meaning: own.action }} />}
      {onward === undefined ? null : <StateBadge state={{ tone: 'look', word: 'Promotion waits for approval', meaning: onward.action }} />}
    </div>
  );
}

/** On its page: what was asked for, by whom, and where it is decided. */
export function WaitingBanner({ deployment }: { deployment: DeploymentInfo }) {
  const { own, onward } = useWaitingRequests(deployment);
  return <>{[own, onward].filter((one) => one !== undefined).map((one) => <Request key={one.id} request={one} />)}</>;
}

function Request({ request }: { request: ApprovalInfo }) {
  return (
    <div style={{ marginTop: 10 }}>
      <Notice tone="look" title={`Waits for approval: ${request.action}`} action={<Link to="/approvals/$id" params={{ id: request.id }} className="sw-link">{request.can_decide ? 'Review' : 'Show request'}</Link>}>
        {request.requester} asked <RelativeTime at={request.requested_at} />; {request.reviewers.join(' or ')} may approve.{request.comment === null ? '' : ` “${request.comment}”`}
      </Notice>
    </div>
  );
}

/** Before a change: the environment wants somebody else to agree. */
export function AsksForApproval({ environment }: { environment: EnvironmentInfo | null | undefined }) {
  if (!asksForApproval(environment)) return null;
  return (
    <Notice tone="look" title="This asks for approval">
      What becomes live in {environment.name} waits until {environment.reviewers.join(' or ')} {environment.reviewers.length === 1 ? 'approves' : 'approve'} it; then it happens by itself. Nobody approves their own.
    </Notice>
  );
}
