import { stateWord } from '../../lib/states.ts';
import type { RolloutInfo } from '../../lib/wire.ts';

/** Which revision gets how much, as a bar and in words. */
export function RolloutProgress({ rollout }: { rollout: RolloutInfo }) {
  const share = rollout.percent_traffic_to_new_version;
  const from = rollout.from_revision;
  return (
    <div>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, fontSize: 12.5, marginBottom: 4 }}>
        <span>{stateWord('rollouts', rollout.status).word} to revision {rollout.to_revision}</span>
        <span className="sw-num">{share} %</span>
      </div>
      <div className="sw-split" role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100}
        aria-label={`${share} % of traffic on revision ${rollout.to_revision}${from === null ? '' : `, ${100 - share} % on revision ${from}`}`}>
        <span className="sw-new" style={{ width: `${share}%` }} />
      </div>
      {rollout.waiting_for?.reason === 'insufficient_capacity' ? <div style={{ marginTop: 6, fontSize: 12.5 }}>{rollout.waiting_for.message}</div> : null}
    </div>
  );
}
