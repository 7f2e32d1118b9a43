import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { get } from '../../lib/http.ts';
import { paths, queryString } from '../../lib/paths.ts';
import type { LogLine, Page, ReplicaInfo } from '../../lib/wire.ts';

export const useReplicas = (environment: string, name: string) => useQuery({
  queryKey: ['deployments', environment, name, 'replicas'],
  queryFn: ({ signal }) => get<Page<ReplicaInfo>>(paths.ofDeployment(environment, name, 'replicas'), {}, signal).then((page) => page.items),
});

export interface LogFilter { replica?: string; level?: string; q?: string; request_id?: string }

/** The most recent lines that pass a filter, oldest first. */
export const useLogs = (environment: string, name: string, filter: LogFilter) => useQuery({
  queryKey: ['deployments', environment, name, 'logs', { ...filter }],
  queryFn: ({ signal }) => get<Page<LogLine>>(paths.ofDeployment(environment, name, 'logs'), { ...filter, limit: 500 }, signal).then((page) => page.items),
  refetchInterval: false,
  refetchOnWindowFocus: false,
  staleTime: Infinity,
});

const none: LogLine[] = [];
/** More than this many followed lines are not kept. */
const KEPT = 10_000;
/** Lines that arrive closer together are shown together. */
const PAINT_MS = 100;
const RETRY_MS = 2_000;

/** Lines as they are written, after those of useLogs, while `following`. `broken`: the stream is down and is tried again. */
export function useLogStream(environment: string, name: string, filter: LogFilter, after: string | undefined, following: boolean) {
  const [followed, setFollowed] = useState<{ after?: string; lines: LogLine[] }>({ after, lines: none });
  const [broken, setBroken] = useState(false);
  const cursor = useRef({ after, at: after });
  const address = paths.ofDeployment(environment, name, 'logs/stream');
  const { replica, level, q, request_id } = filter;

  useEffect(() => {
    if (cursor.current.after !== after) cursor.current = { after, at: after };
    if (!following || typeof EventSource === 'undefined') return;
    let waiting: LogLine[] = [];
    let paint: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    // Opened again by hand, because the browser's own retry would begin at the first cursor once more.
    const open = () => {
      source = new EventSource(address + queryString({ cursor: cursor.current.at, replica, level, q, request_id }), { withCredentials: true });
      source.addEventListener('open', () => { setBroken(false); });
      source.addEventListener('error', () => { source?.close(); setBroken(true); retry = setTimeout(open, RETRY_MS); });
      source.addEventListener('line', (event: MessageEvent<string>) => {
        const line = JSON.parse(event.data) as LogLine;
        cursor.current.at = line.cursor;
        waiting.push(line);
        paint ??= setTimeout(() => {
          const batch = waiting;
          waiting = [];
          paint = undefined;
          setFollowed((old) => ({ after, lines: [...(old.after === after ? old.lines : none), ...batch].slice(-KEPT) }));
        }, PAINT_MS);
      });
    };
    open();
    return () => { clearTimeout(paint); clearTimeout(retry); source?.close(); };
  }, [address, replica, level, q, request_id, after, following]);

  return { lines: followed.after === after ? followed.lines : none, broken };
}
