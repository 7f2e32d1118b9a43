import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { formatMetric } from '../lib/metrics.ts';
import { Panel } from './Panel.tsx';
import { BlockSkeleton } from './Skeletons.tsx';
import { CHART } from './TimeChart.tsx';

/** `points`: x and y; y null where there is no number. */
export interface MetricSeriesOfChart { name: string; points: [number, number | null][] }
export interface MetricChartProps {
  label: string;
  /** Curves over steps, or bars side by side: then x is an index into `categories`. */
  kind: 'line' | 'bar';
  categories?: string[];
  xName?: string;
  series: MetricSeriesOfChart[];
  height?: number;
}

/** Colours of series in their order, apart also for the colour-blind. */
export const SERIES_COLORS = [CHART.blue, CHART.amber, CHART.green, CHART.red, CHART.sky, '#CC79A7', CHART.grey, '#F0E442'];

const EMetricChart = lazy(() => import('./EMetricChart.tsx'));

/** Metrics in a panel, with the table of their numbers behind it. */
export function MetricChart(props: MetricChartProps) {
  const [table, setTable] = useState(false);
  const height = props.height ?? 200;
  return (
    <Panel title={props.label} actions={<Button size="compact-xs" variant="subtle" color="gray" aria-pressed={table} onClick={() => { setTable(!table); }}>{table ? 'Chart' : 'Table'}</Button>}>
      {table ? <Numbers {...props} height={height} /> : (
        <Suspense fallback={<div className="sw-skeleton"><BlockSkeleton height={height} /></div>}><EMetricChart {...props} height={height} /></Suspense>
      )}
    </Panel>
  );
}

function Numbers({ label, series, categories, xName, height }: MetricChartProps) {
  const xs = [...new Set(series.flatMap((one) => one.points.map(([x]) => x)))].sort((a, b) => a - b);
  const values = series.map((one) => new Map(one.points));
  return (
    <div style={{ height, overflow: 'auto' }} tabIndex={0}>
      <table className="sw-table" aria-label={`${label}, numbers`}>
        <thead><tr><th scope="col">{xName ?? 'Step'}</th>{series.map((one) => <th key={one.name} scope="col" className="sw-right">{one.name}</th>)}</tr></thead>
        <tbody>
          {xs.map((x) => (
            <tr key={x}>
              <td className="sw-num">{categories?.[x] ?? x}</td>
              {series.map((one, at) => <td key={one.name} className="sw-right">{formatMetric(values[at]?.get(x))}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
