import { NativeSelect, SegmentedControl } from '@mantine/core';
import { useMemo } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Figure } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { CHART, TimeChart, type TimeSeries } from '../../components/TimeChart.tsx';
import { formatExact, formatMs, formatNumber, formatRatio, formatSeconds } from '../../lib/format.ts';
import type { AnalyticsCounts, AnalyticsInfo } from '../../lib/wire.ts';
import { VariantCharts } from './VariantCharts.tsx';
import { RANGES, useAnalytics, type Range } from './api.ts';

const RANGE_WORDS: Record<Range, string> = { '1h': '1 hour', '6h': '6 hours', '1d': '1 day', '7d': '7 days', '14d': '14 days' };
const asRange = (value: string): Range => RANGES.find((range) => range === value) ?? '1d';

/** What of several variants is shown: all together, one line for each, or one of them by name. */
export type Shown = { kind: 'together' } | { kind: 'each' } | { kind: 'one'; variant: string };

/** Figures and charts of a range. `events` (rollouts) are marked on the charts. */
export function AnalyticsTab({ environment, name, range, onRange, shown, onShown, events }: {
  environment: string; name: string; range: Range; onRange: (range: Range) => void; shown: Shown; onShown: (shown: Shown) => void; events: { at: string; name: string }[];
}) {
  const analytics = useAnalytics(environment, name, range);
  const variants = analytics.data?.variants ?? [];
  const names = [...new Set([...variants.map((one) => one.variant), ...(shown.kind === 'one' ? [shown.variant] : [])])];
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <div style={{ display: 'flex', gap: 12, alignItems: 'center', flexWrap: 'wrap' }}>
        <SegmentedControl size="xs" aria-label="Range" value={range} onChange={(value) => { onRange(asRange(value)); }} data={RANGES.map((value) => ({ value, label: RANGE_WORDS[value] }))} />
        {names.length > 1 || shown.kind === 'one' ? (
          <NativeSelect size="xs" aria-label="Variants" value={shown.kind === 'one' ? `one:${shown.variant}` : shown.kind}
            onChange={(event) => { onShown(asShown(event.currentTarget.value)); }}
            data={[{ value: 'together', label: 'All variants together' }, { value: 'each', label: 'One line per variant' }, ...names.map((one) => ({ value: `one:${one}`, label: `Only ${one}` }))]} />
        ) : null}
        {analytics.data === undefined ? null : (
          <span className="sw-dim sw-num" style={{ fontSize: 12.5 }}>{formatExact(analytics.data.from)} to {formatExact(analytics.data.to)}, {formatSeconds(analytics.data.bucket_seconds)} a point</span>
        )}
      </div>
      <QueryView query={analytics} title="The analytics could not be loaded" loading={<div style={{ display: 'grid', gap: 16 }}><BlockSkeleton height={72} /><BlockSkeleton height={256} /><BlockSkeleton height={256} /></div>}>
        {(data) => shown.kind === 'each' && variants.length > 1
          ? <VariantCharts data={data} variants={variants} events={events} group={`${environment}/${name}`} />
          : <Charts data={data} counts={shown.kind === 'one' ? variants.find((one) => one.variant === shown.variant) ?? NOTHING : data} variant={shown.kind === 'one' ? shown.variant : null}
              events={events} group={`${environment}/${name}`} range={range} name={name} environment={environment} />}
      </QueryView>
    </div>
  );
}

const NOTHING: AnalyticsCounts = { requests: 0, failures: 0, success_rate: null, mean_latency_ms: null, p50_ms: null, p95_ms: null, p99_ms: null, buckets: [] };
const asShown = (value: string): Shown => value.startsWith('one:') ? { kind: 'one', variant: value.slice(4) } : { kind: value === 'each' ? 'each' : 'together' };
const count = (value: number) => formatNumber(Math.round(value * 100) / 100);
const CLASS_COLOURS: Record<string, string> = { '2xx': CHART.green, '3xx': CHART.sky, '4xx': CHART.amber, '5xx': CHART.red, aborted: CHART.grey };

function Charts({ data, counts, variant, events, group, range, name, environment }: {
  data: AnalyticsInfo; counts: AnalyticsCounts; variant: string | null; events: { at: string; name: string }[]; group: string; range: Range; name: string; environment: string;
}) {
  const charts = useMemo(() => {
    const { buckets } = counts;
    const line = (series: string, color: string, values: (number | null)[], dashed = false): TimeSeries => ({ name: series, kind: 'line', color, values, dashed });
    return {
      times: buckets.map((bucket) => bucket.at),
      requests: [
        { name: 'Succeeded', kind: 'bar', color: CHART.blue, values: buckets.map((bucket) => bucket.requests - bucket.failures) },
        { name: 'Failed', kind: 'bar', color: CHART.red, values: buckets.map((bucket) => bucket.failures) },
      ] satisfies TimeSeries[],
      responses: Object.keys(CLASS_COLOURS).filter((word) => word === '2xx' || buckets.some((bucket) => (bucket.responses[word] ?? 0) > 0))
        .map((word): TimeSeries => ({ name: word, kind: 'bar', color: CLASS_COLOURS[word] ?? CHART.grey, values: buckets.map((bucket) => bucket.responses[word] ?? 0) })),
      latency: [
        line('p50', CHART.blue, buckets.map((bucket) => bucket.p50_ms)), line('p95', CHART.amber, buckets.map((bucket) => bucket.p95_ms)),
        line('p99', CHART.red, buckets.map((bucket) => bucket.p99_ms)), line('mean', CHART.grey, buckets.map((bucket) => bucket.mean_latency_ms), true),
      ],
    };
  }, [counts]);
  const shown = useMemo(() => events.filter((event) => event.at >= data.from && event.at <= data.to), [events, data.from, data.to]);
  const shared = { times: charts.times, bucketSeconds: data.bucket_seconds, group, events: shown };
  return (
    <>
      <div className="sw-figures">
        <Figure label="Requests" value={formatNumber(counts.requests)} />
        <Figure label="Failures" value={formatNumber(counts.failures)} hint="Answers with 5xx and aborted ones" />
        <Figure label="Success rate" value={formatRatio(counts.success_rate)} />
        <Figure label="Avg latency" value={formatMs(counts.mean_latency_ms)} />
        <Figure label="p95 latency" value={formatMs(counts.p95_ms)} />
      </div>
      {counts.requests === 0 ? (
        <EmptyState title={`No requests${variant === null ? '' : ` to ${variant}`} in the last ${RANGE_WORDS[range]}`} command={`slipway predict ${name} --environment ${environment} --data JSON`}>Calls from Execute do not count here; they are in History with origin “ui”.</EmptyState>
      ) : (
        <>
          <TimeChart label="Requests" {...shared} series={charts.requests} format={count} />
          <TimeChart label="Response codes" {...shared} series={charts.responses} format={count} />
          <TimeChart label="Latency" {...shared} series={charts.latency} format={formatMs} />
        </>
      )}
    </>
  );
}
