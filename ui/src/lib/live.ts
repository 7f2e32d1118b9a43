import { QueryClient, type QueryKey } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { paths } from './paths.ts';
import type { ServerEvent } from './wire.ts';

/** connecting: not yet known; live: changes are pushed; stale: the stream is down and pages poll. */
export type LiveState = 'connecting' | 'live' | 'stale';

const POLL_MS = 5_000;
/** Pushed changes are gathered this long, so that a burst asks once. Predictions come with every request, so they wait longer. */
const GATHER_MS = 250;
const GATHER_PREDICTIONS_MS = 4_000;

let state: LiveState = 'connecting';
const listeners = new Set<() => void>();

function become(next: LiveState) {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

export const liveState = () => state;

/** Refetch interval for queries: none while changes are pushed. */
export const pollInterval = () => (state === 'live' ? false : POLL_MS);

export function useLiveState(): LiveState {
  return useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, liveState);
}

/**
 * Whether a change outdates a query. A query's key is the address of its data below /api/v1, one element a segment, then an
 * object with the filters: `['deployments', 'production', 'iris', 'replicas']`, `['deployments', {q: 'ir'}]`.
 * Outdated are the thing itself with all below it, and the lists above it.
 */
export function outdates(event: Pick<ServerEvent, 'kind' | 'resource'>, key: QueryKey): boolean {
  const names = key.filter((part): part is string => typeof part === 'string');
  const changed = event.resource.split('/').filter((part) => part !== '').map(decodeURIComponent);
  if (event.kind === 'prediction') return outdatedByPrediction(changed, names, key);
  const shared = Math.min(names.length, changed.length);
  if (names.slice(0, shared).every((part, index) => part === changed[index])) return true;
  // A deployment's page shows its rollouts, an environment's count its deployments.
  return names[0] === 'environments' && event.kind === 'deployment';
}

/** A prediction of a deployment moves its history, its analytics, and its traffic on cards and lists. */
function outdatedByPrediction([, environment, name]: string[], names: string[], key: QueryKey): boolean {
  const filter = key.find((part): part is Record<string, unknown> => typeof part === 'object' && part !== null);
  if (names[0] === 'predictions') return names.length === 1 && filter?.environment === environment && filter?.deployment === name;
  if (names[0] === 'analytics') return names[2] === environment && names[3] === name;
  return names[0] === 'deployments' && (names.length === 1 || (names.length === 3 && names[1] === environment && names[2] === name));
}

/** Opens the event stream and keeps it open; the answer closes it. */
export function followChanges(client: QueryClient): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let waited = 1_000;
  const pending = new Map<'soon' | 'later', { events: ServerEvent[]; timer: ReturnType<typeof setTimeout> }>();

  const flush = (lane: 'soon' | 'later') => {
    const events = pending.get(lane)?.events ?? [];
    pending.delete(lane);
    void client.invalidateQueries({ predicate: (query) => events.some((event) => outdates(event, query.queryKey)) });
  };
  const gather = (event: ServerEvent) => {
    const lane = event.kind === 'prediction' ? 'later' : 'soon';
    const waiting = pending.get(lane);
    if (waiting !== undefined) { waiting.events.push(event); return; }
    pending.set(lane, { events: [event], timer: setTimeout(() => { flush(lane); }, lane === 'soon' ? GATHER_MS : GATHER_PREDICTIONS_MS) });
  };
  const open = () => {
    source = new EventSource(paths.events, { withCredentials: true });
    source.addEventListener('open', () => {
      const missed = state === 'stale';
      become('live');
      waited = 1_000;
      if (missed) void client.invalidateQueries();
    });
    source.addEventListener('change', (message: MessageEvent<string>) => { gather(JSON.parse(message.data) as ServerEvent); });
    source.addEventListener('error', () => {
      source?.close();
      if (state !== 'stale') { become('stale'); void client.invalidateQueries(); }
      retry = setTimeout(open, waited);
      waited = Math.min(waited * 2, 15_000);
    });
  };

  if (typeof EventSource === 'undefined') { become('stale'); return () => undefined; }
  open();
  return () => {
    source?.close();
    clearTimeout(retry);
    for (const { timer } of pending.values()) clearTimeout(timer);
    become('connecting');
  };
}
