import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useEnvironments } from './api.ts';
import { DraftLoss, meanwhile } from './Replacing.tsx';
import { useRebuild } from './revisions.ts';
import { asksForApproval } from './waiting.ts';

/** Before what is live is built once more: what comes of it, and why, for those who approve it. */
export function RebuildDialog({ deployment, opened, onClose }: { deployment: DeploymentInfo; opened: boolean; onClose: () => void }) {
  const rebuild = useRebuild(deployment);
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  const [comment, setComment] = useState('');
  return (
    <ConfirmDialog opened={opened} title={`Rebuild ${deployment.name}`} action="Rebuild" onClose={onClose}
      run={() => rebuild.mutateAsync(comment).then((answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); })}>
      <DraftLoss deployment={deployment} />
      Its requirements are resolved anew, which may bring newer packages. The build is a new revision; {meanwhile(deployment)}, and where nothing came out differently its replicas stay.
      {asksForApproval(environment)
        ? <Textarea label="Comment for the reviewers" description="Optional, but do say why." mt="sm" autosize minRows={2} maxLength={5000} value={comment} onChange={(event) => { setComment(event.currentTarget.value); }} /> : null}
    </ConfirmDialog>
  );
}
