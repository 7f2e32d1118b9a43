/** A metric with the digits that tell: 0.94, 1.234e-7, 12,345.7. Null and undefined: "–". */
export function formatMetric(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(3).replaceAll('-', '−');
  return value.toLocaleString('en', { maximumSignificantDigits: size >= 1 ? 7 : 5 }).replace('-', '−');
}

/** A difference with its sign. */
export const formatDelta = (delta: number) => (delta > 0 ? `+${formatMetric(delta)}` : formatMetric(delta));

/** A finite number for a chart; else nothing is drawn there. */
export const drawable = (value: number) => (Number.isFinite(value) ? value : null);
