import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { formatExact } from '../lib/format.ts';
import { Panel } from './Panel.tsx';
import { BlockSkeleton } from './Skeletons.tsx';

export interface TimeSeries { name: string; kind: 'bar' | 'line'; color: string; dashed?: boolean; values: (number | null)[] }
export interface TimeChartProps {
  label: string;
  /** Start of each bucket, RFC 3339. */
  times: string[];
  bucketSeconds: number;
  series: TimeSeries[];
  /** A value with its unit. */
  format: (value: number) => string;
  group: string;
  /** Marks on the time axis, such as rollouts. */
  events?: { at: string; name: string }[];
  height?: number;
}

/** Okabe and Ito's palette, apart also for the colour-blind. */
export const CHART = { blue: '#0072B2', green: '#009E73', amber: '#E69F00', red: '#D55E00', sky: '#56B4E9', grey: '#8A8F96' };

const EChart = lazy(() => import('./EChart.tsx'));

/** A chart over time in a panel, with the table of its numbers behind it. */
export function TimeChart(props: TimeChartProps) {
  const [table, setTable] = useState(false);
  const height = props.height ?? 200;
  return (
    <Panel title={props.label} actions={(
      <Button size="compact-xs" variant="subtle" color="gray" aria-pressed={table} onClick={() => { setTable(!table); }}>{table ? 'Chart' : 'Table'}</Button>
    )}>
      {table ? <Numbers {...props} height={height} /> : (
        <Suspense fallback={<div className="sw-skeleton"><BlockSkeleton height={height} /></div>}><EChart {...props} height={height} /></Suspense>
      )}
    </Panel>
  );
}

function Numbers({ label, times, series, format, height }: TimeChartProps) {
  return (
    <div style={{ height, overflow: 'auto' }} tabIndex={0}>
      <table className="sw-table" aria-label={`${label}, numbers`}>
        <thead><tr><th scope="col">From</th>{series.map((one) => <th key={one.name} scope="col" className="sw-right">{one.name}</th>)}</tr></thead>
        <tbody>
          {times.map((time, at) => (
            <tr key={time}>
              <td className="sw-num">{formatExact(time)}</td>
              {series.map((one) => { const value = one.values[at]; return <td key={one.name} className="sw-right">{value === null || value === undefined ? '–' : format(value)}</td>; })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
