import { Group, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Notice } from '../../components/Notice.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { stateWord } from '../../lib/states.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { DeploymentActions } from './DeploymentActions.tsx';
import { isInactive, isStopped, liveVersion, reasonWords } from './facts.ts';
import { FollowingLine, FollowingNotice } from './FollowingLine.tsx';
import { DraftBadge, DraftBanner } from './LiveDraft.tsx';
import { RolloutProgress } from './RolloutProgress.tsx';
import { StoppedNotice } from './StoppedNotice.tsx';
import { WaitingBanner } from './WaitingRequest.tsx';

/** What is always in sight on a deployment's page: state, address, live split, replicas. */
export function DeploymentHead({ deployment, onDeleted }: { deployment: DeploymentInfo; onDeleted: () => void }) {
  const { environment, name, live, rollout } = deployment;
  useEffect(() => { document.title = `${name} (${environment}) · Slipway`; }, [name, environment]);
  const asleep = isStopped(deployment) || isInactive(deployment);   // its address answers 404
  const { tone } = stateWord('deployments', deployment.status);
  return (
    <div style={{ marginBottom: 12 }}>
      <div className="sw-dim" style={{ fontSize: 13, marginBottom: 2 }}>
        <Link to="/deployments" style={{ color: 'inherit' }}>Deployments</Link> / <Link to="/deployments" search={{ environment }} style={{ color: 'inherit' }}>{environment}</Link>
      </div>
      <Group justify="space-between" align="center" wrap="nowrap" gap="sm">
        <Group gap="sm" style={{ minWidth: 0 }}>
          <Title order={1} size={20} className="sw-break">{name}</Title>
          <StateOf kind="deployments" value={deployment.status} detail={deployment.status_detail} />
          <DraftBadge deployment={deployment} />
        </Group>
        <DeploymentActions deployment={deployment} onDeleted={onDeleted} />
      </Group>
      {deployment.title === null && deployment.description === null ? null : (
        <div className="sw-dim sw-break" style={{ fontSize: 14, maxWidth: 760 }}>{[deployment.title, deployment.description].filter((text) => text !== null).join(' · ')}</div>
      )}
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 24px', alignItems: 'center', fontSize: 13.5, marginTop: 6 }}>
        <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4, minWidth: 0, maxWidth: '100%' }}>
          <span className="sw-mono sw-clip" title={deployment.endpoint}>{deployment.endpoint}</span>
          <CopyButton value={deployment.endpoint} what="address" />
        </span>
        <span><span className="sw-dim">{asleep ? 'Last live ' : 'Live '}</span>{live === null ? 'nothing yet' : asleep ? <>revision {live.number} ({liveVersion(deployment)})</> : <>revision {live.number} ({liveVersion(deployment)}), {rollout === null || rollout.to_revision === live.number ? 100 : 100 - rollout.percent_traffic_to_new_version} %</>}</span>
        <span className="sw-num"><span className="sw-dim">Replicas </span>{deployment.replicas_ready} / {deployment.replicas_wanted} ready</span>
        <FollowingLine deployment={deployment} />
      </div>
      {rollout === null ? null : (
        <Link to="/deployments/$env/$name/$tab" params={{ env: environment, name, tab: 'rollout' }} aria-label={`Rollout to revision ${rollout.to_revision}`}
          style={{ display: 'block', maxWidth: 480, marginTop: 8, color: 'inherit', textDecoration: 'none' }}><RolloutProgress rollout={rollout} /></Link>
      )}
      {deployment.status_detail === null && deployment.status_reason === null ? null : (
        <div style={{ marginTop: 10 }}>
          <Notice tone={tone === 'well' ? 'look' : tone} title={deployment.status_reason === null ? undefined : reasonWords(deployment.status_reason)}>{deployment.status_detail}</Notice>
        </div>
      )}
      <StoppedNotice deployment={deployment} />
      <WaitingBanner deployment={deployment} />
      <FollowingNotice deployment={deployment} />
      <DraftBanner deployment={deployment} />
    </div>
  );
}
