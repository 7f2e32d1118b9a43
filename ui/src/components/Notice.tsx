import type { ReactNode } from 'react';
import type { Tone } from '../lib/states.ts';
import { toneIcon } from './StateBadge.tsx';

/** A remark inside a page, in the colours of the states. */
export function Notice({ tone, title, children, action }: { tone: Tone; title?: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={`sw-notice sw-${tone}`} role={tone === 'broken' ? 'alert' : 'status'}>
      {toneIcon(tone)}
      <div className="sw-break">
        {title === undefined ? null : <strong>{title}</strong>}
        {title !== undefined && children !== undefined ? <br /> : null}
        {children}
      </div>
      {action}
    </div>
  );
}
