import type { ReactNode } from 'react';

/** A titled box. `flush`: its content (a table, a log) touches the border. */
export function Panel({ title, actions, flush = false, children }: { title?: ReactNode; actions?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className="sw-panel">
      {title === undefined ? null : <header><h2>{title}</h2>{actions}</header>}
      {flush ? children : <div className="sw-body">{children}</div>}
    </section>
  );
}

/** Names and values, one a line. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="sw-facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

export function Figure({ label, value, hint }: { label: string; value: ReactNode; hint?: string }) {
  return (
    <div className="sw-panel sw-figure" title={hint}>
      <div className="sw-label">{label}</div>
      <div className="sw-value">{value}</div>
    </div>
  );
}
