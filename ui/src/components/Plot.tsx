import { Button } from '@mantine/core';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { CHART } from './TimeChart.tsx';
import { Panel } from './Panel.tsx';
import { BlockSkeleton } from './Skeletons.tsx';

export interface PlotSeries { name: string; color: string; points: [number, number | null][] }
export interface Axis { name: string; /** Words in place of numbers. */ words?: string[] }

/** What is drawn: curves over a number, bars of final values, dots, or one line for each thing across many axes. */
export type PlotData =
  | { kind: 'curves'; x: string; series: PlotSeries[]; logY?: boolean }
  | { kind: 'bars'; names: string[]; values: (number | null)[]; colors: string[] }
  | { kind: 'dots'; x: Axis; y: Axis; dots: { name: string; color: string; at: [number, number] }[] }
  | { kind: 'parallel'; axes: Axis[]; lines: { name: string; color: string; values: (number | null)[] }[] };

export interface PlotProps { label: string; data: PlotData; format: (value: number) => string; height?: number; group?: string }

/** Colours of the things compared, in order; apart also for the colour-blind. */
export const PLOT_COLORS = [CHART.blue, CHART.red, CHART.green, CHART.amber, CHART.sky, '#CC79A7', '#8A6D00', CHART.grey];
export const plotColor = (at: number) => PLOT_COLORS[at % PLOT_COLORS.length] ?? CHART.grey;

const Drawing = lazy(() => import('./PlotDrawing.tsx'));

/** A chart over numbers in a panel, with the table of its numbers behind it. */
export function Plot(props: PlotProps & { actions?: ReactNode }) {
  const [table, setTable] = useState(false);
  const height = props.height ?? 220;
  return (
    <Panel title={props.label} actions={(
      <span style={{ display: 'inline-flex', gap: 4 }}>
        {props.actions}
        <Button size="compact-xs" variant="subtle" color="gray" aria-pressed={table} onClick={() => { setTable(!table); }}>{table ? 'Chart' : 'Table'}</Button>
      </span>
    )}>
      {table ? <Numbers {...props} height={height} />
        : <Suspense fallback={<div className="sw-skeleton"><BlockSkeleton height={height} /></div>}><Drawing {...props} height={height} /></Suspense>}
    </Panel>
  );
}

function Numbers({ label, data, format, height }: PlotProps & { height: number }) {
  const { head, rows } = tableOf(data, format);
  return (
    <div style={{ height, overflow: 'auto' }} tabIndex={0}>
      <table className="sw-table" aria-label={`${label}, numbers`}>
        <thead><tr>{head.map((one, at) => <th key={one} scope="col" className={at > 0 ? 'sw-right' : undefined}>{one}</th>)}</tr></thead>
        <tbody>{rows.map((row, at) => <tr key={`${row[0] ?? ''}-${at}`}>{row.map((cell, column) => <td key={head[column]} className={column > 0 ? 'sw-right' : 'sw-num'}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** The numbers of a plot as a table. */
export function tableOf(data: PlotData, format: (value: number) => string): { head: string[]; rows: string[][] } {
  const shown = (value: number | null | undefined) => (value === null || value === undefined ? '–' : format(value));
  const word = (axis: Axis, value: number | null | undefined) => (value === null || value === undefined ? '–' : axis.words?.[value] ?? format(value));
  switch (data.kind) {
    case 'curves': {
      const steps = [...new Set(data.series.flatMap((one) => one.points.map(([x]) => x)))].toSorted((a, b) => a - b);
      const lookup = data.series.map((one) => new Map(one.points));
      return { head: [data.x, ...data.series.map((one) => one.name)], rows: steps.map((x) => [String(x), ...lookup.map((points) => shown(points.get(x)))]) };
    }
    case 'bars': return { head: ['Name', 'Value'], rows: data.names.map((name, at) => [name, shown(data.values[at])]) };
    case 'dots': return { head: ['Name', data.x.name, data.y.name], rows: data.dots.map((dot) => [dot.name, word(data.x, dot.at[0]), word(data.y, dot.at[1])]) };
    case 'parallel': return { head: ['Name', ...data.axes.map((axis) => axis.name)], rows: data.lines.map((line) => [line.name, ...data.axes.map((axis, at) => word(axis, line.values[at]))]) };
  }
}
