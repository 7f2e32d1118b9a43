import { Link } from '@tanstack/react-router';
import { Notice } from '../../components/Notice.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { usePendingApprovals } from './protection.ts';

/** Says beside a version's name that a transition waits. */
export function PendingBadge({ model, version }: { model: string; version: number }) {
  const pending = usePendingApprovals(`models/${model}/versions/${version}`).data?.[0];
  return pending === undefined ? null : <StateBadge state={{ tone: 'look', word: `Waits for approval: ${pending.to}`, meaning: pending.action }} />;
}

/** Says on a version's page what was asked for, by whom, and where it is decided. */
export function PendingBanner({ model, version }: { model: string; version: number }) {
  const pending = usePendingApprovals(`models/${model}/versions/${version}`).data?.[0];
  if (pending === undefined) return null;
  return (
    <Notice tone="look" title={pending.action} action={<Link to="/approvals/$id" params={{ id: pending.id }} className="sw-link">{pending.can_decide ? 'Review' : 'Show request'}</Link>}>
      {pending.requester} asked <RelativeTime at={pending.requested_at} />; {pending.reviewers.join(' or ')} may approve.{pending.comment === null ? '' : ` “${pending.comment}”`}
    </Notice>
  );
}
