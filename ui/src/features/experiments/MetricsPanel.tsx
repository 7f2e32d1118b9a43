import { Button, Menu } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { Plot, plotColor } from '../../components/Plot.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { plural } from '../../lib/format.ts';
import type { MetricSeries, RunInfo } from '../../lib/wireRuns.ts';
import { allValues, useSeries } from './api.ts';
import { finite, formatMetric, saveText } from './facts.ts';

/** Charts drawn before somebody asks for the rest. */
const FIRST = 6;

/** A chart for each metric that has more than one value, over steps, with export of every value. */
export function MetricsPanel({ run }: { run: RunInfo }) {
  const series = useSeries(run.id, run.status === 'Running');
  const [all, setAll] = useState(false);
  if (Object.keys(run.metrics).length === 0) return null;
  return (
    <QueryView query={series} title="The charts could not be loaded" loading={<BlockSkeleton height={240} />} empty={null} isEmpty={(data) => !data.some((one) => one.count > 1)}>
      {(data) => {
        const moving = data.filter((one) => one.count > 1);
        return (
          <section aria-label="Metrics over steps" style={{ display: 'grid', gap: 12 }}>
            <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16 }}>
              {moving.slice(0, all ? undefined : FIRST).map((one, at) => <Curve key={one.key} run={run} series={one} color={plotColor(at)} />)}
            </div>
            {all || moving.length <= FIRST ? null : <div><Button variant="default" size="xs" onClick={() => { setAll(true); }}>{plural(moving.length - FIRST, 'more chart')}</Button></div>}
          </section>
        );
      }}
    </QueryView>
  );
}

function Curve({ run, series, color }: { run: RunInfo; series: MetricSeries; color: string }) {
  const [error, setError] = useState<unknown>(null);
  const save = async (format: 'csv' | 'json') => {
    setError(null);
    try {
      const points = await allValues(run.id, series.key);
      const name = `${run.name ?? run.id}-${series.key.replaceAll(/[^\w.-]+/g, '_')}.${format}`;
      if (format === 'json') saveText(name, JSON.stringify(points, null, 1), 'application/json');
      else saveText(name, ['step,timestamp,value', ...points.map((point) => `${point.step},${point.timestamp},${point.value}`)].join('\n'), 'text/csv');
    } catch (failure) { setError(failure); }
  };
  return (
    <div>
      <Plot label={series.key} group={`run-${run.id}`} format={formatMetric}
        data={{ kind: 'curves', x: 'step', series: [{ name: series.key, color, points: series.points.map((point) => [point.step, finite(point)]) }] }}
        actions={(
          <Menu position="bottom-end">
            <Menu.Target><Button size="compact-xs" variant="subtle" color="gray" leftSection={<Download size={12} aria-hidden />} aria-label={`Export ${series.key}`}>{plural(series.count, 'value')}</Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => { void save('csv'); }}>CSV</Menu.Item>
              <Menu.Item onClick={() => { void save('json'); }}>JSON</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )} />
      {error === null ? null : <ErrorState error={error} title="The values could not be exported" />}
    </div>
  );
}
