import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { RolloutAction, RolloutInfo } from '../../lib/wire.ts';
import { useRolloutAction } from './api.ts';

const BUTTONS: { action: RolloutAction; label: string; asks?: boolean; danger?: boolean; always?: boolean; done: string }[] = [
  { action: 'pause', label: 'Pause', always: true, done: 'Paused: the split stays as it is.' },
  { action: 'resume', label: 'Resume', always: true, done: 'It goes on.' },
  { action: 'cancel', label: 'Cancel', always: true, asks: true, done: 'It is going back.' },
  { action: 'force-cancel', label: 'Force cancel', always: true, asks: true, danger: true, done: 'All traffic is back.' },
  { action: 'force-complete', label: 'Force complete', always: true, asks: true, danger: true, done: 'All traffic goes to the new revision.' },
  { action: 'retry', label: 'Try again', done: 'A new rollout has started.' },
  { action: 'cleanup', label: 'Scale the old revision to zero', asks: true, done: 'The old revision is scaled to zero.' },
];

/** What may be done with the rollout. The server says what is possible; while it runs, what is not is shown and greyed. */
export function RolloutButtons({ rollout, onStarted }: { rollout: RolloutInfo; onStarted: () => void }) {
  const act = useRolloutAction(rollout);
  const [asking, setAsking] = useState<RolloutAction | null>(null);
  const running = rollout.finished_at === null;
  const shown = BUTTONS.filter((one) => (one.always === true ? running : rollout.actions.includes(one.action)));
  const run = async (action: RolloutAction) => {
    const result = await act.mutateAsync(action);
    if (action === 'retry') onStarted();
    if (result !== null) toast(told(result, () => BUTTONS.find((one) => one.action === action)?.done ?? 'Done.'));
  };
  if (shown.length === 0) return null;
  const asked = BUTTONS.find((one) => one.action === asking);
  return (
    <>
      <NeedsToOperate environment={rollout.environment}><Group gap="xs">
        {shown.map((one) => (
          <Button key={one.action} size="xs" variant={one.action === 'resume' && rollout.actions.includes('resume') ? 'filled' : 'default'} color={one.danger === true ? 'red.8' : undefined}
            disabled={!rollout.actions.includes(one.action)} loading={act.isPending && act.variables === one.action}
            onClick={() => { if (one.asks === true) setAsking(one.action); else void run(one.action).catch(toastError); }}>
            {one.label}
          </Button>
        ))}
      </Group></NeedsToOperate>
      <ConfirmDialog opened={asked !== undefined} title={`${asked?.label ?? ''}?`} action={asked?.label ?? ''} danger={asked?.danger === true}
        run={() => run(asking ?? 'cancel')} onClose={() => { setAsking(null); }}>
        {asking === null ? null : <Warning rollout={rollout} action={asking} />}
      </ConfirmDialog>
    </>
  );
}

function Warning({ rollout, action }: { rollout: RolloutInfo; action: RolloutAction }) {
  const { previous, candidate, from_revision: from, to_revision: to } = rollout;
  if (action === 'force-cancel') {
    return (
      <>
        <p>All traffic goes {from === null ? 'nowhere: nothing was live before' : `to revision ${from}`} at once, and the replicas of revision {to} end.</p>
        {previous === null ? null : <Notice tone="look" title="It may have too few replicas for all of it">Revision {from} has {previous.replicas_ready} ready now; the others are started meanwhile, and requests wait or are refused.</Notice>}
      </>
    );
  }
  if (action === 'force-complete') {
    return (
      <>
        <p>All traffic goes to revision {to} at the next step, whatever its gate says.</p>
        <Notice tone="look" title="It may have too few replicas for all of it">Revision {to} has {candidate.replicas_ready} of {candidate.replicas_wanted} ready now. Nobody watches whether it is good.</Notice>
      </>
    );
  }
  if (action === 'cleanup') return <p>The kept replicas of revision {from} end. A way back to it then starts new ones.</p>;
  return <p>{from === null ? `The replicas of revision ${to} end; nothing is live then.` : `Traffic goes back to revision ${from}${rollout.strategy === 'rolling' ? ', as its replicas come back' : ' at once'}, and the replicas of revision ${to} end.`}</p>;
}
