import { useSyncExternalStore } from 'react';

/** One clock for all relative times on the page; it ticks every 20 seconds. */
const TICK_MS = 20_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) { clearInterval(timer); timer = undefined; }
  };
}

/** @param about What is looked at: when that has come since the last tick, it is now, and not still to come. */
export function useNow(about?: string | null): number {
  return useSyncExternalStore(subscribe, () => {
    if (listeners.size === 0 && Math.abs(Date.now() - now) >= TICK_MS) now = Date.now();   // nobody has kept it; set once, since a render must read the same twice
    const at = about == null ? NaN : new Date(about).getTime();
    return at > now && at <= Date.now() ? at : now;
  });
}
