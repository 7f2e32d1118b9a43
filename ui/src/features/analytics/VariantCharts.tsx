import { useMemo } from 'react';
import { Panel } from '../../components/Panel.tsx';
import { CHART, TimeChart, type TimeSeries } from '../../components/TimeChart.tsx';
import { formatMs, formatNumber, formatRatio } from '../../lib/format.ts';
import type { AnalyticsBucket, AnalyticsInfo, VariantAnalytics } from '../../lib/wire.ts';

const COLOURS = [CHART.blue, CHART.amber, CHART.green, CHART.red, CHART.sky, CHART.grey];

/** Several variants beside each other: their figures in a table, and a line for each in every chart. */
export function VariantCharts({ data, variants, events, group }: {
  data: AnalyticsInfo; variants: VariantAnalytics[]; events: { at: string; name: string }[]; group: string;
}) {
  const charts = useMemo(() => {
    const lines = (value: (bucket: AnalyticsBucket) => number | null): TimeSeries[] => variants.map((one, index) => ({
      name: one.variant, kind: 'line', color: COLOURS[index % COLOURS.length] ?? CHART.grey, dashed: index >= COLOURS.length, values: one.buckets.map(value),
    }));
    return {
      times: data.buckets.map((bucket) => bucket.at), requests: lines((bucket) => bucket.requests),
      failures: lines((bucket) => bucket.requests === 0 ? null : bucket.failures / bucket.requests), p50: lines((bucket) => bucket.p50_ms), p95: lines((bucket) => bucket.p95_ms),
    };
  }, [data, variants]);
  const shown = useMemo(() => events.filter((event) => event.at >= data.from && event.at <= data.to), [events, data.from, data.to]);
  const shared = { times: charts.times, bucketSeconds: data.bucket_seconds, group, events: shown };
  return (
    <>
      <Panel title="Variants" flush>
        <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Variants, numbers">
          <table className="sw-table" aria-label="Variants">
            <thead><tr><th scope="col">Variant</th>{['Requests', 'Share', 'Failures', 'Success rate', 'Avg latency', 'p50', 'p95', 'p99'].map((one) => <th key={one} scope="col" className="sw-right">{one}</th>)}</tr></thead>
            <tbody>
              {variants.map((one) => (
                <tr key={one.variant}>
                  <td>{one.variant}</td>
                  {[formatNumber(one.requests), formatRatio(data.requests === 0 ? null : one.requests / data.requests), formatNumber(one.failures), formatRatio(one.success_rate),
                    formatMs(one.mean_latency_ms), formatMs(one.p50_ms), formatMs(one.p95_ms), formatMs(one.p99_ms)].map((value, index) => <td key={index} className="sw-right">{value}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <TimeChart label="Requests" {...shared} series={charts.requests} format={formatNumber} />
      <TimeChart label="Share that failed" {...shared} series={charts.failures} format={formatRatio} />
      <TimeChart label="p50 latency" {...shared} series={charts.p50} format={formatMs} />
      <TimeChart label="p95 latency" {...shared} series={charts.p95} format={formatMs} />
    </>
  );
}
