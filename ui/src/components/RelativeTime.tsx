import { useNow } from '../lib/clock.ts';
import { formatExact, formatRelative } from '../lib/format.ts';

/** "4 min ago", the exact time on hover. Null: a dash. */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const now = useNow(at);
  if (at === null || at === undefined) return <span className="sw-dim">–</span>;
  return <time dateTime={at} title={formatExact(at)} className="sw-num" style={{ whiteSpace: 'nowrap' }}>{formatRelative(at, now)}</time>;
}
