import type { ReactNode } from 'react';
import { useMay, useMayOperate } from '../lib/rights.ts';

/** What only those can use who have a right; nothing for others. */
export function Needs({ right, children }: { right: string; children: ReactNode }) {
  return useMay()(right) ? children : null;
}

/** What only those can use who may operate deployments of the environment; nothing for others. */
export function NeedsToOperate({ environment, children }: { environment: string; children: ReactNode }) {
  return useMayOperate(environment) ? children : null;
}

/** Forms that others see as well: they can read them, and change nothing. */
export function LookOnly({ environment, children }: { environment: string; children: ReactNode }) {
  const may = useMayOperate(environment);
  return (
    <fieldset disabled={!may} className="sw-reader">
      {may ? null : <p className="sw-dim">Your role may look here, not change.</p>}
      {children}
    </fieldset>
  );
}
