import { Facts, Panel } from '../../components/Panel.tsx';
import { Notice } from '../../components/Notice.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatSeconds } from '../../lib/format.ts';
import { stateWord } from '../../lib/states.ts';
import type { RolloutInfo } from '../../lib/wire.ts';
import { isUnderWay } from './api.ts';
import { RolloutButtons } from './RolloutButtons.tsx';
import { SidesTable } from './SidesTable.tsx';
import { SplitBar } from './SplitBar.tsx';
import { StepList } from './StepList.tsx';
import { reasonText, settingFacts, strategyWord } from './words.ts';

/** One rollout: how the traffic is split, how both sides do, which steps were taken and why, and what may be done. */
export function RolloutView({ rollout, onStarted }: { rollout: RolloutInfo; onStarted: () => void }) {
  return (
    <>
      <Panel title={<>{rollout.from_revision === null ? `First rollout: revision ${rollout.to_revision}` : `Revision ${rollout.from_revision} → ${rollout.to_revision}`}</>}
        actions={<StateOf kind="rollouts" value={rollout.status} />}>
        <div style={{ display: 'grid', gap: 14 }}>
          <div className="sw-dim" style={{ fontSize: 13.5 }}>
            {strategyWord(rollout.strategy)}, started by {rollout.started_by} <RelativeTime at={rollout.started_at} />
            {rollout.finished_at === null ? <NextStep rollout={rollout} /> : <>, ended <RelativeTime at={rollout.finished_at} /></>}
          </div>
          <SplitBar rollout={rollout} />
          <Remark rollout={rollout} />
          {rollout.notes.map((note) => <Notice key={note} tone="rest">{note}</Notice>)}
          <RolloutButtons rollout={rollout} onStarted={onStarted} />
        </div>
      </Panel>
      <Panel title="Both sides" flush><SidesTable rollout={rollout} /></Panel>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16, alignItems: 'start' }}>
        <Panel title="Steps"><StepList steps={rollout.steps} /></Panel>
        <Panel title="Settings"><Facts facts={settingFacts(rollout.settings)} /></Panel>
      </div>
    </>
  );
}

function NextStep({ rollout }: { rollout: RolloutInfo }) {
  const now = useNow();
  if (rollout.next_step_at === null) return null;
  const left = Math.ceil((new Date(rollout.next_step_at).getTime() - now) / 1000);
  return <span className="sw-num">, {left > 0 ? `next step in ${formatSeconds(left)}` : 'the next step waits for replicas or requests'}</span>;
}

function Remark({ rollout }: { rollout: RolloutInfo }) {
  if (rollout.error_code !== null) {
    return (
      <Notice tone="broken" title={reasonText(rollout.error_code)}>
        {rollout.error_message}{isUnderWay(rollout) ? ' Traffic is going back.' : ` All traffic is on ${rollout.from_revision === null ? 'no revision' : `revision ${rollout.from_revision}`}.`}
      </Notice>
    );
  }
  if (rollout.paused_reason === 'no_evidence') return <Notice tone="look" title="Too few requests to judge by">{rollout.steps.at(-1)?.what} Resume it to wait again, or decide yourself.</Notice>;
  if (rollout.paused_reason === 'person') return <Notice tone="look" title={stateWord('rollouts', 'PAUSED').meaning}>Replicas are still kept up and scaled. Resume goes on from here.</Notice>;
  if (rollout.waiting_for !== null) {
    const { reason, message, until } = rollout.waiting_for;
    return reason === 'insufficient_capacity'
      ? <Notice tone="look" title="Waiting for memory of this machine">{message} The rollout fails <RelativeTime at={until} /> if nothing goes.</Notice>
      : <Notice tone="rest">{message} The rollout fails <RelativeTime at={until} /> without progress.</Notice>;
  }
  if (rollout.previous_kept) return <Notice tone="rest">The replicas of revision {rollout.from_revision} are kept for a quick way back.</Notice>;
  return null;
}
