import { formatMs, formatNumber, formatRatio } from '../../lib/format.ts';
import type { RolloutInfo, RolloutSideInfo } from '../../lib/wire.ts';
import { isUnderWay } from './api.ts';

type Row = [label: string, value: (side: RolloutSideInfo) => string, better?: (side: RolloutSideInfo) => number | null];

/** The two revisions beside each other: replicas, and what both answered. */
export function SidesTable({ rollout }: { rollout: RolloutInfo }) {
  const { previous, candidate } = rollout;
  const since = isUnderWay(rollout) ? 'since the last shift' : 'in the last window';
  const rows: Row[] = [
    ['Replicas ready / wanted', (side) => `${side.replicas_ready} / ${side.replicas_wanted}`],
    [`Requests ${since}`, (side) => formatNumber(side.window.requests)],
    [`Error rate ${since}`, (side) => formatRatio(side.window.error_rate), (side) => side.window.error_rate],
    [`p95 ${since}`, (side) => formatMs(side.window.p95_ms), (side) => side.window.p95_ms],
    ['Requests in all', (side) => formatNumber(side.total.requests)],
    ['Error rate in all', (side) => formatRatio(side.total.error_rate), (side) => side.total.error_rate],
    ['p95 in all', (side) => formatMs(side.total.p95_ms), (side) => side.total.p95_ms],
    ...(previous?.before == null ? [] : [
      ['Requests in the minute before', (side) => (side.before === null ? '–' : formatNumber(side.before.requests))],
      ['Error rate in the minute before', (side) => formatRatio(side.before?.error_rate)],
      ['p95 in the minute before', (side) => formatMs(side.before?.p95_ms)],
    ] satisfies Row[]),
  ];
  return (
    <div style={{ overflowX: 'auto' }}>
      <table className="sw-table" aria-label="Both sides of the rollout">
        <thead>
          <tr>
            <th scope="col">Measure</th>
            {previous === null ? null : <th scope="col" style={{ textAlign: 'right', whiteSpace: 'normal' }}>Revision {previous.revision} (before)</th>}
            <th scope="col" style={{ textAlign: 'right', whiteSpace: 'normal' }}>Revision {candidate.revision} (new)</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, value, measure]) => (
            <tr key={label}>
              <th scope="row" style={{ fontWeight: 400, whiteSpace: 'normal' }} className="sw-dim">{label}</th>
              {previous === null ? null : <td className="sw-num" style={{ textAlign: 'right' }}>{value(previous)}</td>}
              <td className="sw-num" style={{ textAlign: 'right' }}>
                {value(candidate)}{measure !== undefined && previous !== null && isWorse(measure(candidate), measure(previous)) ? <span className="sw-dim" title="Higher than before"> ▲</span> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {previous?.before == null ? null : (
        <p className="sw-dim" style={{ margin: 0, padding: '10px 14px', fontSize: 13 }}>
          The two never answered together for long enough, so revision {candidate.revision} is held against the minute before the rollout.
        </p>
      )}
    </div>
  );
}

/** Clearly higher than the other side's. */
const isWorse = (candidate: number | null, previous: number | null) => candidate !== null && previous !== null && candidate > previous * 1.25 && candidate > 0;
