import { Button } from '@mantine/core';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { followingWord, mayCatchUp, useFollowing } from './following.ts';

/** On a card: it has drifted from its alias or stage, or its following is held. */
export function FollowingBadge({ deployment: { following } }: { deployment: DeploymentInfo }) {
  if (following === null || !(mayCatchUp(following) || following.state === 'unresolved')) return null;
  const word = followingWord(following);
  return <div style={{ marginBottom: 8 }}><StateBadge state={{ ...word, word: following.state === 'drift' ? `Drift: ${following.reference} is v${following.version ?? '?'}` : word.word }} /></div>;
}

/** On its page, among the facts in the head. */
export function FollowingLine({ deployment: { following } }: { deployment: DeploymentInfo }) {
  if (following === null) return null;
  return (
    <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center', flexWrap: 'wrap' }}>
      <span className="sw-dim">{following.follow ? 'Follows' : 'Chosen by'}</span> <span className="sw-mono sw-break">{following.reference}</span> <StateBadge state={followingWord(following)} />
    </span>
  );
}

/** On its page: why it does not serve what its name names, and the way there. */
export function FollowingNotice({ deployment }: { deployment: DeploymentInfo }) {
  const { following } = deployment;
  const { catchUp } = useFollowing(deployment);
  if (following === null || !mayCatchUp(following)) return null;
  const go = () => { catchUp.mutate(undefined, { onSuccess: (answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); }, onError: toastError }); };
  return (
    <div style={{ marginTop: 10 }}>
      <Notice tone="look" title={followingWord(following).word} action={<NeedsToOperate environment={deployment.environment}><Button size="xs" loading={catchUp.isPending} disabled={deployment.rollout !== null} onClick={go}>Update to v{following.version}</Button></NeedsToOperate>}>
        {following.reason}
      </Notice>
    </div>
  );
}
