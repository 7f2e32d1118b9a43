import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, type ReactNode } from 'react';
import type { LogLine } from '../../lib/wire.ts';
import { shortReplica } from './ReplicasTable.tsx';

const LINE_PX = 20;

/** Log lines in a virtual list that follows its end while `follow`, until the reader scrolls up. */
export function LogList({ lines, search, follow, onFollow, showReplica }: {
  lines: LogLine[]; search: string; follow: boolean; onFollow: (follow: boolean) => void; showReplica: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => LINE_PX, overscan: 20, initialRect: { width: 800, height: 480 } });
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines]);
  return (
    <div ref={box} className="sw-log" style={{ height: 'max(320px, calc(100vh - 380px))' }} role="log" aria-label="Log lines" aria-live="off" tabIndex={0}
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        const atEnd = scrollHeight - scrollTop - clientHeight < LINE_PX * 2;
        if (!atEnd && follow) onFollow(false);
      }}
      onWheel={(event) => { if (event.deltaY < 0 && follow) onFollow(false); }}>
      <div style={{ height: list.getTotalSize(), position: 'relative', minWidth: 'max-content' }}>
        {list.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line === undefined ? null : (
            <div key={item.key} className="sw-log-line" data-level={line.level ?? undefined} style={{ transform: `translateY(${item.start}px)`, height: LINE_PX }}>
              <span className="sw-at" title={line.at ?? undefined}>{line.at === null ? '            ' : timeOf(line.at)}</span>
              <span className="sw-level">{line.level ?? ''}</span>
              {showReplica ? <span className="sw-at" title={line.replica}>{shortReplica(line.replica)}</span> : null}
              <span>{marked(line.message, search)}</span>
              {line.request_id === null ? null : <span className="sw-at" title={`request ${line.request_id}`}>[{line.request_id.slice(-8)}]</span>}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const timeOf = (at: string) => {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

/** The message with what was searched for marked. */
function marked(text: string, search: string): ReactNode {
  const at = search === '' ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at < 0) return text;
  return <>{text.slice(0, at)}<mark>{text.slice(at, at + search.length)}</mark>{text.slice(at + search.length)}</>;
}
