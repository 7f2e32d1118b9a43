import { formatSeconds } from '../../lib/format.ts';
import type { MetricPoint, RunInfo } from '../../lib/wireRuns.ts';

/** A number to calculate and draw with; null where there is none (NaN, infinities). */
export function finite(point: MetricPoint | undefined): number | null {
  return point === undefined || typeof point.value === 'string' || !Number.isFinite(point.value) ? null : point.value;
}

/** Six digits that matter; NaN and infinities in words. */
export function formatMetric(value: MetricPoint['value'] | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value === 'Infinity' ? '∞' : value === '-Infinity' ? '−∞' : 'NaN';
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e7 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(6)));
}

export const nameOf = (run: RunInfo) => run.name ?? `…${run.id.slice(-8)}`;

/** How long it took, or has taken so far. */
export function duration(run: RunInfo, now: number): string {
  const end = run.ended_at === null ? now : new Date(run.ended_at).getTime();
  return formatSeconds(Math.max(0, (end - new Date(run.started_at).getTime()) / 1000));
}

/** A key as the search grammar takes it. */
export const quoted = (kind: 'metrics' | 'params' | 'tags', key: string) => (/^[\w][\w./:-]*$/.test(key) ? `${kind}.${key}` : `${kind}.\`${key}\``);

/** Keys of all runs, in order. */
export const keysOf = (runs: RunInfo[], of: 'parameters' | 'metrics') => [...new Set(runs.flatMap((run) => Object.keys(run[of])))].toSorted();

/** Gives the browser a text to save. */
export function saveText(name: string, text: string, type: string) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Tags as one types them, a word or name=value each, and back. */
export const tagsOf = (words: string[]): Record<string, string> => Object.fromEntries(words.map((word) => { const [key = '', ...value] = word.split('='); return [key, value.join('=')]; }));
const wordOf = (key: string, value: string) => (value === '' ? key : `${key}=${value}`);
export const wordsOf = (tags: Record<string, string>): string[] => Object.entries(tags).map(([key, value]) => wordOf(key, value));

/** What to set and what to take away to come from tags to those that were typed; one that stands as it stood is left alone. */
export function tagChanges(before: Record<string, string>, words: string[]): { set: Record<string, string>; remove: string[] } {
  const stood = wordsOf(before);
  const set = tagsOf(words.filter((word) => !stood.includes(word)));
  return { set, remove: Object.entries(before).filter(([key, value]) => !words.includes(wordOf(key, value)) && !(key in set)).map(([key]) => key) };
}
