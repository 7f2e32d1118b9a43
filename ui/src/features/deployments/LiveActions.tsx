import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ArrowUpDown, History, PackagePlus, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { isStopped } from './facts.ts';
import { DraftLoss, meanwhile } from './Replacing.tsx';
import { RevisionForm } from './RevisionForm.tsx';
import { useRollback } from './revisions.ts';

/** What one does when the figures look wrong: more replicas, another version, the output, the way back. */
export function LiveActions({ deployment }: { deployment: DeploymentInfo }) {
  const { environment, name, live, rollout } = deployment;
  const rollback = useRollback(deployment);
  const [asking, setAsking] = useState(false);
  const [updating, setUpdating] = useState(false);
  const to = (tab: string) => ({ to: '/deployments/$env/$name/$tab', params: { env: environment, name, tab } }) as const;
  return (
    <Group gap="xs" role="group" aria-label="What to do" mb={12}>
      <NeedsToOperate environment={deployment.environment}><Button size="compact-sm" variant="default" leftSection={<ArrowUpDown size={14} aria-hidden />} renderRoot={(root) => <Link {...root} {...to('advanced')} />}>Scale</Button>
      <Button size="compact-sm" variant="default" leftSection={<PackagePlus size={14} aria-hidden />} onClick={() => { setUpdating(true); }}>Update model</Button></NeedsToOperate>
      <Button size="compact-sm" variant="default" leftSection={<ScrollText size={14} aria-hidden />} renderRoot={(root) => <Link {...root} {...to('logs')} />}>View logs</Button>
      <NeedsToOperate environment={deployment.environment}><Button size="compact-sm" variant="default" leftSection={<History size={14} aria-hidden />} disabled={isStopped(deployment) || live === null || rollout !== null}
        onClick={() => { setAsking(true); }}>Roll back</Button></NeedsToOperate>
      <RevisionForm opened={updating} deployment={deployment} onClose={() => { setUpdating(false); }} />
      <ConfirmDialog opened={asking} title={`Roll back ${name} in ${environment}`} action="Roll back" onClose={() => { setAsking(false); }}
        run={() => rollback.mutateAsync(null).then((answer) => { toast(told(answer, (one) => `${name} goes back to revision ${one.to_revision}.`)); })}>
        <DraftLoss deployment={deployment} />
        The revision that was live before is rolled out again; {meanwhile(deployment)}.
      </ConfirmDialog>
    </Group>
  );
}
