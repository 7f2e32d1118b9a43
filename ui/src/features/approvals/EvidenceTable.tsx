import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ShortId } from '../../components/CopyButton.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { formatBytes } from '../../lib/format.ts';
import type { EvidenceRow, EvidenceSection } from '../../lib/wireApprovals.ts';
import { pageOf } from './api.ts';

/** What is asked for beside what is there now; rows that differ are marked in words and weight. */
export function EvidenceTable({ section }: { section: EvidenceSection }) {
  const compared = section.columns.length > 1;
  return (
    <Panel title={section.title} flush>
      <div className="sw-table-wrap" tabIndex={-1}>
        <table className="sw-table" aria-label={section.title}>
          <thead>
            <tr>
              <th scope="col"><span className="sw-dim">{compared ? 'What differs is bold' : ''}</span></th>
              {section.columns.map((column) => {
                const page = column.resource === null ? null : pageOf(column.resource);
                return <th key={column.title} scope="col">{page === null ? column.title : <Link to={page.to} params={page.params} className="sw-link">{column.title}</Link>}</th>;
              })}
              {compared && section.rows.some((row) => row.kind === 'number') ? <th scope="col" className="sw-right">Difference</th> : null}
            </tr>
          </thead>
          <tbody>
            {section.rows.length === 0 ? <tr><td colSpan={section.columns.length + 1} className="sw-dim">{section.note}</td></tr> : null}
            {section.rows.map((row) => <Row key={row.label} row={row} compared={compared} withDelta={compared && section.rows.some((one) => one.kind === 'number')} />)}
          </tbody>
        </table>
      </div>
      {section.note === null || section.rows.length === 0 ? null : <div className="sw-dim" style={{ padding: '8px 12px' }}>{section.note}</div>}
    </Panel>
  );
}

function Row({ row, compared, withDelta }: { row: EvidenceRow; compared: boolean; withDelta: boolean }) {
  const differs = compared && new Set(row.values).size > 1;
  return (
    <tr>
      <th scope="row" style={{ textTransform: 'none', fontWeight: differs ? 650 : 500 }}>{row.label}</th>
      {row.values.map((value, index) => <td key={index} className={`sw-break ${row.kind === 'number' || row.kind === 'bytes' ? 'sw-num' : ''}`} style={differs && index === 0 ? { fontWeight: 600 } : undefined}><Named resource={row.resources?.[index] ?? null}>{show(row, value)}</Named></td>)}
      {withDelta ? <td className="sw-right">{row.kind === 'number' ? delta(row.values[0] ?? null, row.values[1] ?? null) : ''}</td> : null}
    </tr>
  );
}

/** What a cell names, as a way to its page. */
function Named({ resource, children }: { resource: string | null; children: ReactNode }) {
  const page = resource === null ? null : pageOf(resource);
  return page === null ? children : <Link to={page.to} params={page.params} className="sw-link" style={{ fontWeight: 'inherit', textDecoration: 'underline' }}>{children}</Link>;
}

function show(row: EvidenceRow, value: string | null) {
  if (value === null || value === '') return <span className="sw-dim">–</span>;
  if (row.kind === 'time') return <RelativeTime at={value} />;
  if (row.kind === 'hash') return <ShortId id={value} what={row.label.toLowerCase()} />;
  if (row.kind === 'bytes') return formatBytes(Number(value));
  return value;
}

/** By how much the first is more than the second, with its sign; a dash where there is nothing to compare. */
export function delta(first: string | null, second: string | null): string {
  const [a, b] = [Number(first ?? NaN), Number(second ?? NaN)];
  if (!Number.isFinite(a) || !Number.isFinite(b)) return '–';
  const change = a - b;
  return change === 0 ? '0' : `${change > 0 ? '+' : '−'}${Number(Math.abs(change).toPrecision(4))}`;
}
