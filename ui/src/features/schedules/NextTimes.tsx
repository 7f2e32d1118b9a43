import { RelativeTime } from '../../components/RelativeTime.tsx';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Times as the clocks of their zone show them. `2026-03-29T03:00:00+02:00` is read as written, whatever the reader's own zone. */
export function inItsZone(time: string): string {
  const [date = '', rest = ''] = time.split('T');
  const weekday = WEEKDAYS[new Date(`${date}T12:00:00Z`).getUTCDay()] ?? '';
  const offset = /(Z|[+-]\d\d:\d\d)$/.exec(rest)?.[1] ?? '';
  return `${weekday.slice(0, 3)} ${date} ${rest.slice(0, 5)} ${offset === 'Z' || offset === '+00:00' ? 'UTC' : offset}`;
}

export function NextTimes({ times }: { times: string[] }) {
  return (
    <ol aria-label="Next times" style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 2, fontSize: 13 }}>
      {times.map((time) => (
        <li key={time} style={{ display: 'flex', gap: 12, flexWrap: 'wrap' }}>
          <span className="sw-mono sw-num">{inItsZone(time)}</span><span className="sw-dim"><RelativeTime at={time} /></span>
        </li>
      ))}
    </ol>
  );
}
