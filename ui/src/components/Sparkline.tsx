import { formatNumber, plural } from '../lib/format.ts';

/** Requests a minute as bars, the part that failed in red at the foot. Oldest at the left. */
export function Sparkline({ requests, errors }: { requests: number[]; errors: number[] }) {
  const total = requests.reduce((sum, value) => sum + value, 0);
  const failed = errors.reduce((sum, value) => sum + value, 0);
  const top = Math.max(1, ...requests);
  const width = 240;
  const height = 32;
  const step = width / Math.max(1, requests.length);
  const scale = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / top) * (height - 2)));
  const label = `${plural(total, 'request')} in the last ${requests.length} minutes${failed > 0 ? `, ${formatNumber(failed)} failed` : ''}`;
  return (
    <svg className="sw-spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
      {requests.map((value, index) => {
        const all = scale(value);
        const bad = Math.min(all, scale(errors[index] ?? 0));
        return (
          <g key={index}>
            {all > 0 ? <rect x={index * step + 0.75} width={step - 1.5} y={height - all} height={all} /> : null}
            {bad > 0 ? <rect className="sw-error" x={index * step + 0.75} width={step - 1.5} y={height - bad} height={bad} /> : null}
          </g>
        );
      })}
    </svg>
  );
}
