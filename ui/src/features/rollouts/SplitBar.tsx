import type { RolloutInfo } from '../../lib/wire.ts';

/** Which revision gets how much of the new traffic, as a bar with a name at each end. */
export function SplitBar({ rollout }: { rollout: RolloutInfo }) {
  const share = rollout.percent_traffic_to_new_version;
  const from = rollout.from_revision;
  return (
    <div>
      <div className="sw-num" style={{ display: 'flex', justifyContent: 'space-between', gap: 12, fontSize: 14, marginBottom: 6, flexWrap: 'wrap' }}>
        {from === null ? <span className="sw-dim">Nothing was live before</span> : <span>Revision {from} <strong>{100 - share} %</strong></span>}
        <span>Revision {rollout.to_revision} <strong>{share} %</strong></span>
      </div>
      <div className="sw-split" style={{ height: 14, borderRadius: 7 }} role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100}
        aria-label={`${share} % of traffic on revision ${rollout.to_revision}${from === null ? '' : `, ${100 - share} % on revision ${from}`}`}>
        <span style={{ width: from === null ? 0 : `${100 - share}%` }} />
        <span className="sw-new" style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}
