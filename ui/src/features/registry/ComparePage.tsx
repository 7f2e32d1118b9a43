import { Button, Checkbox, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Star } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { MetricChart, type MetricSeriesOfChart } from '../../components/MetricChart.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatBytes } from '../../lib/format.ts';
import { drawable, formatDelta, formatMetric } from '../../lib/metrics.ts';
import { numberOf, type MetricCell, type MetricComparison, type ValueChange, type ValueComparison, type VersionComparison } from '../../lib/wireRegistry.ts';
import { useComparison, useMetricsOfVersions, type Directions } from './recordApi.ts';

/** Versions side by side; the first is what the others are compared with. `directions` are the page's address. */
export function ComparePage({ model, versions, directions, onDirections, onVersions }: {
  model: string; versions: string[]; directions: Directions; onDirections: (directions: Directions) => void; onVersions: (versions: string[]) => void;
}) {
  const comparison = useComparison(model, versions, directions);
  return (
    <>
      <PageHead tab={`${model}: compare`} title={<><Link to="/models/$model" params={{ model }} style={{ color: 'inherit' }}>{model}</Link> <span className="sw-dim">/</span> compare</>}
        lead="The first version is the one that the others are compared with." />
      <QueryView query={comparison} title="The versions could not be compared" loading={<BlockSkeleton height={420} />}>
        {(found) => <Found found={found} directions={directions} onDirections={onDirections} onFirst={(version) => { onVersions([String(version), ...found.versions.map((one) => one.version).filter((one) => one !== version).map(String)]); }} />}
      </QueryView>
    </>
  );
}

function Found({ found, directions, onDirections, onFirst }: { found: VersionComparison; directions: Directions; onDirections: (directions: Directions) => void; onFirst: (version: number) => void }) {
  const [all, setAll] = useState(false);
  const toggle = (row: MetricComparison) => {
    const without = (list: string[]) => list.filter((key) => key !== row.key);
    onDirections(row.lower_is_better ? { lower: without(directions.lower), higher: [...without(directions.higher), row.key] } : { lower: [...without(directions.lower), row.key], higher: without(directions.higher) });
  };
  const differing = (row: { changes: ValueChange[] }) => all || row.changes.some((change) => change !== 'same');
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <Panel flush title="Versions" actions={<Checkbox size="xs" label="Also what is the same" checked={all} onChange={(event) => { setAll(event.currentTarget.checked); }} />}>
        <Table label="Versions" found={found} rows={[
          ['Stage', found.versions.map((one) => (one.stage === 'None' ? <span key={one.version} className="sw-dim">None</span> : <StateOf key={one.version} kind="stages" value={one.stage} />))],
          ['Deployed in', found.versions.map((one) => <Where key={one.version} version={one} />)],
          ['Made from', found.versions.map((one) => (one.source_run_id === null ? <span key={one.version} className="sw-dim">an upload</span> : <span key={one.version} className="sw-mono" title={one.source_run_id}>run {one.source_run_id.slice(0, 8)}</span>))],
          ['Registered', found.versions.map((one) => <span key={one.version}><RelativeTime at={one.created_at} /> by {one.created_by}</span>)],
          ['Size', found.versions.map((one) => formatBytes(one.size_bytes))],
        ]} onFirst={onFirst} />
      </Panel>
      <Panel flush title="Metrics">
        {found.metrics.length === 0 ? <div className="sw-body"><EmptyState title="No metrics to compare">None of these versions has any. Versions made from a run carry its metrics; validation metrics are added on a version's page.</EmptyState></div>
          : <Table label="Metrics" found={found} numeric rows={found.metrics.map((row): Row => [<MetricName key={row.key} row={row} onToggle={() => { toggle(row); }} />, row.cells.map((cell, at) => <Cell key={at} cell={cell} lower={row.lower_is_better} />), `${row.namespace} ${row.key}`])} />}
      </Panel>
      <Charts found={found} />
      <Values title="Parameters" found={found} rows={found.parameters} shown={found.parameters.filter(differing)} empty="None of these versions knows the parameters it was trained with." />
      <Values title="Signature" found={found} rows={found.signature} shown={found.signature.filter(differing)} />
      <Values title="Requirements" found={found} rows={found.requirements} shown={found.requirements.filter(differing)} />
      <Values title="Files" found={found} rows={found.files} shown={found.files.filter(differing).map((row) => ({ key: row.path, changes: row.changes, values: row.files.map((file) => (file === null ? null : formatBytes(file.size_bytes))) }))} />
    </div>
  );
}

/** First a heading, then a cell for each version; last a key where the heading is no text. */
type Row = [ReactNode, ReactNode[], string?];

function Table({ label, found, rows, numeric = false, onFirst }: { label: string; found: VersionComparison; rows: Row[]; numeric?: boolean; onFirst?: (version: number) => void }) {
  return (
    <div className="sw-table-wrap">
      <table className="sw-table sw-compare" aria-label={label}>
        <thead>
          <tr>
            <th scope="col" aria-label="What" />
            {found.versions.map((one, at) => (
              <th key={one.version} scope="col" className={numeric ? 'sw-right' : undefined}>
                <Link to="/models/$model/$version" params={{ model: found.model, version: String(one.version) }} className="sw-link">v{one.version}</Link>{one.label === null ? '' : ` ${one.label}`}
                {onFirst === undefined || at === 0 ? null : <> <Button size="compact-xs" variant="subtle" color="gray" aria-label={`Compare with v${one.version}`} onClick={() => { onFirst(one.version); }}>Make first</Button></>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, cells, key]) => (
            <tr key={key ?? String(name)}>
              <th scope="row">{name}</th>
              {cells.map((cell, at) => <td key={found.versions[at]?.version ?? at} className={numeric ? 'sw-right' : undefined}>{cell}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Where({ version }: { version: VersionComparison['versions'][number] }) {
  const live = version.deployments.filter((one) => one.use !== 'earlier');
  if (live.length === 0) return <span className="sw-dim">{version.deployments.length === 0 ? 'nowhere' : 'nowhere now'}</span>;
  return <Group gap={6}>{live.map((one) => <Link key={`${one.environment}/${one.name}`} to="/deployments/$env/$name" params={{ env: one.environment, name: one.name }} className="sw-link">{one.environment}/{one.name}</Link>)}</Group>;
}

function MetricName({ row, onToggle }: { row: MetricComparison; onToggle: () => void }) {
  const words = row.lower_is_better ? 'lower is better' : 'higher is better';
  return (
    <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center' }}>
      <span className="sw-mono sw-break">{row.key}</span>{row.namespace === 'validation' ? <span className="sw-dim">validation</span> : null}
      <Button size="compact-xs" variant="subtle" color="gray" px={4} aria-label={`${row.key}: ${words}; turn round`} title={`${words}; click to turn round`} onClick={onToggle}>
        {row.lower_is_better ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />}
      </Button>
    </span>
  );
}

function Cell({ cell, lower }: { cell: MetricCell | null; lower: boolean }) {
  if (cell === null) return <span className="sw-dim" title="This version does not have it">–</span>;
  const delta = cell.delta === null ? null : numberOf(cell.delta);
  const better = delta !== null && delta !== 0 && (delta < 0) === lower;
  return (
    <span>
      {cell.best ? <Star size={12} aria-label="best" fill="currentColor" style={{ verticalAlign: '-1px', marginRight: 4, color: 'var(--sw-well)' }} /> : null}
      <span style={{ fontWeight: cell.best ? 700 : undefined }}>{formatMetric(numberOf(cell.value))}</span>
      {delta === null ? null : <span className="sw-delta" data-better={delta === 0 ? undefined : better} title={delta === 0 ? 'the same as the first' : better ? 'better than the first' : 'worse than the first'}>{delta === 0 ? '±0' : formatDelta(delta)}</span>}
    </span>
  );
}

function Values({ title, found, rows, shown, empty }: { title: string; found: VersionComparison; rows: unknown[]; shown: ValueComparison[]; empty?: string }) {
  if (rows.length === 0 && empty === undefined) return null;
  const note = rows.length === 0 ? empty : 'The same in all of them.';
  return (
    <Panel flush title={title}>
      {shown.length === 0 ? <div className="sw-body sw-dim">{note}</div> : (
        <Table label={title} found={found} rows={shown.map((row): Row => [<span key={row.key} className="sw-mono sw-break">{row.key}</span>, row.values.map((value, at) => <Value key={at} value={value} change={at === 0 ? 'same' : row.changes[at] ?? 'same'} />), row.key])} />
      )}
    </Panel>
  );
}

function Value({ value, change }: { value: string | null; change: ValueChange }) {
  return (
    <span>
      {value === null ? <span className="sw-dim">–</span> : <span className="sw-mono sw-break">{value}</span>}
      {change === 'same' || change === 'absent' ? null : <span className="sw-change" data-change={change}>{change}</span>}
    </span>
  );
}

/** Bars of the last values, and curves where a metric has steps. */
function Charts({ found }: { found: VersionComparison }) {
  const numbers = found.versions.map((one) => one.version);
  const steps = useMetricsOfVersions(found.model, numbers);
  if (found.metrics.length === 0) return null;
  const names = numbers.map((number) => `v${number}`);
  return (
    <section aria-label="Charts" className="sw-charts">
      {found.metrics.map((row) => {
        const label = row.namespace === 'training' ? row.key : `${row.key}, validation`;
        const curves = numbers.flatMap((number, at): MetricSeriesOfChart[] => {
          const metric = steps[at]?.data?.find((one) => one.key === row.key && one.namespace === row.namespace);
          return metric === undefined || metric.points.length < 2 ? [] : [{ name: `v${number}`, points: metric.points.map((point): [number, number | null] => [point.step, drawable(numberOf(point.value))]) }];
        });
        const bars: MetricSeriesOfChart = { name: row.key, points: row.cells.map((cell, at): [number, number | null] => [at, cell === null ? null : drawable(numberOf(cell.value))]) };
        return [
          <MetricChart key={`${row.namespace} ${row.key} bar`} kind="bar" label={label} categories={names} xName="Version" series={[bars]} height={160} />,
          curves.length === 0 ? null : <MetricChart key={`${row.namespace} ${row.key} line`} kind="line" label={`${label} over steps`} series={curves} height={160} />,
        ];
      })}
    </section>
  );
}
