import type { Score } from './tensors.ts';

/** Class scores as bars in the order of the classes, the highest marked; each row says its number, so that it reads as a table. */
export function ScoreBars({ name, scores }: { name: string; scores: Score[] }) {
  const best = Math.max(...scores.map((one) => one.share));
  return (
    <table className="sw-scores" aria-label={name}>
      <thead className="sw-hidden"><tr><th scope="col">Class</th><th scope="col">Share</th></tr></thead>
      <tbody>
        {scores.map((one) => (
          <tr key={one.label} data-best={one.share === best || undefined}>
            <th scope="row">{one.label}</th>
            <td><span aria-hidden className="sw-track"><span style={{ width: `${Math.max(0, one.share) * 100}%` }} /></span></td>
            <td className="sw-num">{(one.share * 100).toFixed(1)} %</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
