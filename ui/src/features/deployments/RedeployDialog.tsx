import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useEnvironments } from './api.ts';
import { DraftLoss, meanwhile } from './Replacing.tsx';
import { useRedeploy } from './revisions.ts';
import { DEFAULT_STRATEGY, settingsOf, StrategyFields } from './StrategyFields.tsx';
import { asksForApproval } from './waiting.ts';

/** Before a kept revision goes live again: what happens meanwhile, and how it is rolled out. */
export function RedeployDialog({ deployment, number, opened, onClose }: { deployment: DeploymentInfo; number: number; opened: boolean; onClose: () => void }) {
  const redeploy = useRedeploy(deployment);
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  const [strategy, setStrategy] = useState(DEFAULT_STRATEGY);
  const [comment, setComment] = useState('');
  return (
    <ConfirmDialog opened={opened} title={`Redeploy revision ${number}`} action="Redeploy" onClose={onClose}
      run={() => redeploy.mutateAsync({ number, ...(deployment.mode === 'live' ? {} : { rollout: settingsOf(strategy) }), comment: comment.trim() === '' ? undefined : comment.trim() })
        .then((answer) => { toast(told(answer, () => `Revision ${number} is being rolled out.`)); })}>
      <DraftLoss deployment={deployment} />
      {deployment.live === null ? 'It is rolled out.' : `It is rolled out; ${meanwhile(deployment, `revision ${deployment.live.number}`)}.`} The revision keeps its number.
      {deployment.mode === 'live' ? null : <div style={{ marginTop: 12 }}><StrategyFields value={strategy} onChange={setStrategy} refusal={null} environment={environment} deployment={deployment} /></div>}
      {asksForApproval(environment)
        ? <Textarea label="Comment for the reviewers" description="They are asked unless this revision was approved here before." mt="sm" autosize minRows={2} maxLength={5000} value={comment} onChange={(event) => { setComment(event.currentTarget.value); }} /> : null}
    </ConfirmDialog>
  );
}
