import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo, EnvironmentInfo } from '../../lib/wire.ts';
import { liveVersion } from './facts.ts';
import { usePromote, useReject } from './promotions.ts';
import { asksForApproval } from './waiting.ts';
import { AsksForApproval } from './WaitingRequest.tsx';

const AFTER = { keep: 'stays as it is', scale_to_zero: 'goes to zero until a request wakes it', deactivate: 'is deactivated' } as const;

/** The questions before a deployment goes to the next environment, or back from staging. */
export function MoveDialogs({ deployment, next, asking, onClose }: { deployment: DeploymentInfo; next: EnvironmentInfo | null; asking: 'promote' | 'reject' | null; onClose: () => void }) {
  const promote = usePromote(deployment);
  const reject = useReject(deployment);
  const [comment, setComment] = useState('');
  const { environment, name } = deployment;
  const close = () => { setComment(''); onClose(); };
  const why = <Textarea label={asking === 'promote' && asksForApproval(next) ? 'Comment for the reviewers' : 'Comment'} placeholder="Why; kept in the ledger" mt="sm" autosize minRows={2} maxLength={5000} value={comment} onChange={(event) => { setComment(event.currentTarget.value); }} />;
  return (
    <>
      {next === null ? null : (
        <ConfirmDialog opened={asking === 'promote'} title={`Promote ${name} to ${next.name}`} action={asksForApproval(next) ? 'Ask for approval' : 'Promote'} onClose={close}
          run={() => promote.mutateAsync(comment).then((promoted) => { toast(told(promoted, (done) => `${name} is being rolled out in ${done.environment}.`)); })}>
          {deployment.draft !== null && !deployment.draft.is_frozen
            ? <>{deployment.draft.name} becomes a version first; that version</>
            : (liveVersion(deployment) ?? 'What is live')}, with its resources and plain variables, is rolled out as <strong>{name}</strong> in {next.name}; values of secrets never go along.
          {' '}Once that has succeeded, {name} in {environment} {AFTER[next.promotion.source_after_promotion]}.
          <div style={{ marginTop: 10 }}><AsksForApproval environment={next} /></div>
          {why}
        </ConfirmDialog>
      )}
      <ConfirmDialog opened={asking === 'reject'} title={`Reject ${name}`} action="Reject" danger onClose={close}
        run={() => reject.mutateAsync(comment).then(() => { toast(`${name} goes back to development.`); })}>
        It stops in {environment} and keeps its history. {name} in development is woken with what is live there; nothing is overwritten.
        {why}
      </ConfirmDialog>
    </>
  );
}
