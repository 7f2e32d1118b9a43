import { CloseButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { ApiError } from '../lib/http.ts';
import type { Tone } from '../lib/states.ts';
import { Notice } from './Notice.tsx';

interface Toast { id: number; tone: Tone; text: string }

let toasts: Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
const set = (value: Toast[]) => { toasts = value; for (const listener of listeners) listener(); };
const dismiss = (id: number) => { set(toasts.filter((toast) => toast.id !== id)); };

/** Says what was done, for a while; what went wrong stays until it is closed. */
export function toast(text: string, tone: Tone = 'well') {
  const id = next++;
  set([...toasts.slice(-3), { id, tone, text }]);
  if (tone !== 'broken') setTimeout(() => { dismiss(id); }, 5_000);
}

export function toastError(error: unknown) {
  toast(error instanceof ApiError ? `${error.problem.detail} (${error.code})` : String(error), 'broken');
}

export function Toasts() {
  const shown = useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, () => toasts);
  return (
    <div className="sw-toasts" role="region" aria-label="Messages" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <Notice key={id} tone={tone} action={<CloseButton size="sm" aria-label="Dismiss" onClick={() => { dismiss(id); }} />}>{text}</Notice>
      ))}
    </div>
  );
}
