import { useNow } from '../lib/clock.ts';
import { formatExact, formatRelative } from '../lib/format.ts';

/** "4 min ago", the exact time on hover. Null: a dash. */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (at === null || at === undefined) return <span className="sw-dim">–</span>;
  // What has happened since the clock last ticked was just now, and is not to come.
  const seen = Math.max(now, Math.min(Date.now(), new Date(at).getTime()));
  return <time dateTime={at} title={formatExact(at)} className="sw-num" style={{ whiteSpace: 'nowrap' }}>{formatRelative(at, seen)}</time>;
}
