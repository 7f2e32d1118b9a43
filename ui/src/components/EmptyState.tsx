import type { ReactNode } from 'react';
import { Command } from './CopyButton.tsx';

/** What this place is for, and what makes the first thing in it: a command, a button, or both. */
export function EmptyState({ title, children, command, action }: { title: string; children?: ReactNode; command?: string; action?: ReactNode }) {
  return (
    <div className="sw-empty">
      <div style={{ fontWeight: 600, color: 'var(--sw-text)', marginBottom: 4 }}>{title}</div>
      {children}
      {command === undefined ? null : <div style={{ marginTop: 10 }}><Command text={command} /></div>}
      {action === undefined ? null : <div style={{ marginTop: 12 }}>{action}</div>}
    </div>
  );
}
