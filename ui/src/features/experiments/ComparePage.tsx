import { Button, Checkbox, Group, Select, Switch } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Plot, plotColor, type Axis, type PlotSeries } from '../../components/Plot.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useNow } from '../../lib/clock.ts';
import type { RunInfo } from '../../lib/wireRuns.ts';
import { useSomeRuns, useSomeSeries } from './api.ts';
import { duration, finite, formatMetric, keysOf, nameOf } from './facts.ts';

export interface CompareChoice { runs?: string; metric?: string; x?: string; y?: string }

/** Runs side by side; which runs and which metric stand in the address. */
export function ComparePage({ choice, onChoice }: { choice: CompareChoice; onChoice: (choice: CompareChoice) => void }) {
  const ids = [...new Set((choice.runs ?? '').split(',').filter((id) => id !== ''))].slice(0, 20);
  const runs = useSomeRuns(ids);
  return (
    <>
      <PageHead title="Compare runs" tab="Compare runs" lead="What differs between them, and what came of it." />
      {ids.length < 2 ? <Panel><EmptyState title="Nothing to compare yet" action={<Link to="/experiments" className="sw-link">Go to the experiments</Link>}>Choose two or more runs in the table of an experiment.</EmptyState></Panel> : (
        <QueryView query={runs} title="The runs could not be loaded" loading={<BlockSkeleton height={520} />}>
          {(found) => <Comparison runs={found} choice={choice} onChoice={onChoice} />}
        </QueryView>
      )}
    </>
  );
}

function Comparison({ runs, choice, onChoice }: { runs: RunInfo[]; choice: CompareChoice; onChoice: (choice: CompareChoice) => void }) {
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const now = useNow();
  const metrics = keysOf(runs, 'metrics');
  const parameters = keysOf(runs, 'parameters');
  const different = parameters.filter((key) => new Set(runs.map((run) => run.parameters[key])).size > 1);
  const remove = (id: string) => { onChoice({ ...choice, runs: runs.filter((run) => run.id !== id).map((run) => run.id).join(',') }); };
  const shownParameters = onlyDifferent ? different : parameters;
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <Panel title="Runs" flush>
        <Side label="Runs" runs={runs} rows={[
          { name: 'Experiment', cells: runs.map((run) => run.experiment_name) },
          { name: 'Status', cells: runs.map((run) => <StateOf key={run.id} kind="runs" value={run.status} detail={run.status_reason} />) },
          { name: 'Duration', cells: runs.map((run) => duration(run, now)) },
          { name: 'User', cells: runs.map((run) => run.user) },
          { name: '', cells: runs.map((run) => <Button key={run.id} size="compact-xs" variant="subtle" color="gray" onClick={() => { remove(run.id); }} aria-label={`Leave out ${nameOf(run)}`}>Leave out</Button>) },
        ]} />
      </Panel>
      <Panel title="Parameters" flush actions={<Switch size="xs" label="Only what differs" checked={onlyDifferent} onChange={(event) => { setOnlyDifferent(event.currentTarget.checked); }} />}>
        {shownParameters.length === 0 ? <div className="sw-dim" style={{ padding: 12 }}>{parameters.length === 0 ? 'None logged.' : 'They are the same in all runs.'}</div> : (
          <Side label="Parameters" runs={runs} rows={shownParameters.map((key) => ({ name: key, cells: runs.map((run) => run.parameters[key] ?? '–'), marked: different.includes(key) && !onlyDifferent }))} />
        )}
      </Panel>
      <Panel title="Metrics" flush>
        {metrics.length === 0 ? <div className="sw-dim" style={{ padding: 12 }}>None logged.</div> : <MetricTable runs={runs} metrics={metrics} />}
      </Panel>
      {metrics.length === 0 ? null : <Overlays runs={runs} metrics={metrics} choice={choice} onChoice={onChoice} />}
      <Relations runs={runs} metrics={metrics} parameters={different} choice={choice} onChoice={onChoice} />
    </div>
  );
}

function Side({ label, runs, rows }: { label: string; runs: RunInfo[]; rows: { name: string; cells: ReactNode[]; marked?: boolean }[] }) {
  return (
    <div className="sw-table-wrap" tabIndex={0}>
      <table className="sw-table" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {runs.map((run, at) => (
              <th key={run.id} scope="col">
                <span aria-hidden style={{ display: 'inline-block', width: 9, height: 9, borderRadius: 2, background: plotColor(at), marginRight: 6 }} />
                <Link to="/runs/$run" params={{ run: run.id }} className="sw-link" title={run.id}>{nameOf(run)}</Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{rows.map((row) => <tr key={row.name}><th scope="row" style={{ fontWeight: row.marked === true ? 700 : 500 }}>{row.name}</th>{row.cells.map((cell, at) => <td key={runs[at]?.id} className="sw-break sw-num">{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** Latest values, with the distance to the first run. */
function MetricTable({ runs, metrics }: { runs: RunInfo[]; metrics: string[] }) {
  const rows = metrics.map((key) => {
    const base = finite(runs[0]?.metrics[key]);
    return {
      name: key,
      cells: runs.map((run, at) => {
        const value = finite(run.metrics[key]);
        const delta = at === 0 || base === null || value === null ? null : value - base;
        return <span key={run.id}>{formatMetric(run.metrics[key]?.value)}{delta === null || delta === 0 ? null : <span className="sw-dim"> {delta > 0 ? '+' : '−'}{formatMetric(Math.abs(delta))}</span>}</span>;
      }),
    };
  });
  return <Side label="Metrics" runs={runs} rows={rows} />;
}

function Overlays({ runs, metrics, choice, onChoice }: { runs: RunInfo[]; metrics: string[]; choice: CompareChoice; onChoice: (choice: CompareChoice) => void }) {
  const [logarithmic, setLogarithmic] = useState(false);
  const metric = choice.metric !== undefined && metrics.includes(choice.metric) ? choice.metric : metrics[0] ?? '';
  const series = useSomeSeries(runs.map((run) => run.id), metric);
  const curves: PlotSeries[] = series.map((one, at) => ({
    name: nameOf(runs[at] ?? { id: one.id, name: null } as RunInfo), color: plotColor(at), points: one.points.map((point) => [point.step, finite(point)]),
  }));
  const moving = curves.some((one) => one.points.length > 1);
  const positive = curves.every((one) => one.points.every(([, value]) => value === null || value > 0));
  return (
    <section aria-label="Charts" style={{ display: 'grid', gap: 12 }}>
      <Group gap="sm">
        <Select label="Metric" searchable allowDeselect={false} data={metrics} value={metric} onChange={(value) => { onChoice({ ...choice, metric: value ?? undefined }); }} />
        {moving && positive ? <Checkbox mt={22} size="xs" label="Logarithmic" checked={logarithmic} onChange={(event) => { setLogarithmic(event.currentTarget.checked); }} /> : null}
      </Group>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))', gap: 16 }}>
        {moving ? <Plot label={`${metric} over steps`} format={formatMetric} height={280} data={{ kind: 'curves', x: 'step', series: curves, logY: logarithmic && positive }} /> : null}
        <Plot label={`${metric}, latest`} format={formatMetric} height={280}
          data={{ kind: 'bars', names: runs.map(nameOf), values: runs.map((run) => finite(run.metrics[metric])), colors: runs.map((_, at) => plotColor(at)) }} />
      </div>
    </section>
  );
}

/** A parameter or metric as an axis: numbers where all are numbers, else words. */
export function axisOf(runs: RunInfo[], key: string): { axis: Axis; values: (number | null)[] } {
  const [kind, name] = [key.slice(0, 2), key.slice(2)];
  if (kind === 'm:') return { axis: { name }, values: runs.map((run) => finite(run.metrics[name])) };
  const texts = runs.map((run) => run.parameters[name]);
  if (texts.every((text) => text === undefined || (text.trim() !== '' && Number.isFinite(Number(text))))) return { axis: { name }, values: texts.map((text) => (text === undefined ? null : Number(text))) };
  const words = [...new Set(texts.filter((text) => text !== undefined))].toSorted();
  return { axis: { name, words }, values: texts.map((text) => (text === undefined ? null : words.indexOf(text))) };
}

function Relations({ runs, metrics, parameters, choice, onChoice }: { runs: RunInfo[]; metrics: string[]; parameters: string[]; choice: CompareChoice; onChoice: (choice: CompareChoice) => void }) {
  const keys = [...parameters.map((key) => `p:${key}`), ...metrics.map((key) => `m:${key}`)];
  if (keys.length < 2) return null;
  const x = choice.x !== undefined && keys.includes(choice.x) ? choice.x : keys[0] ?? '';
  const y = choice.y !== undefined && keys.includes(choice.y) ? choice.y : `m:${metrics[0] ?? ''}`;
  const across = keys.slice(0, 10).map((key) => axisOf(runs, key));
  const [one, other] = [axisOf(runs, x), axisOf(runs, y)];
  const dots = runs.flatMap((run, at) => {
    const [a, b] = [one.values[at], other.values[at]];
    return a === null || a === undefined || b === null || b === undefined ? [] : [{ name: nameOf(run), color: plotColor(at), at: [a, b] as [number, number] }];
  });
  const choices = keys.map((key) => ({ value: key, label: `${key.slice(2)}${key.startsWith('p:') ? ' (parameter)' : ''}` }));
  return (
    <section aria-label="Relations" style={{ display: 'grid', gap: 12 }}>
      <Plot label="Parallel coordinates" format={formatMetric} height={300}
        data={{ kind: 'parallel', axes: across.map((each) => each.axis), lines: runs.map((run, at) => ({ name: nameOf(run), color: plotColor(at), values: across.map((each) => each.values[at] ?? null) })) }} />
      <Group gap="sm">
        <Select label="Across" searchable allowDeselect={false} data={choices} value={x} onChange={(value) => { onChoice({ ...choice, x: value ?? undefined }); }} />
        <Select label="Up" searchable allowDeselect={false} data={choices} value={y} onChange={(value) => { onChoice({ ...choice, y: value ?? undefined }); }} />
      </Group>
      <Plot label={`${other.axis.name} against ${one.axis.name}`} format={formatMetric} height={300} data={{ kind: 'dots', x: one.axis, y: other.axis, dots }} />
    </section>
  );
}
