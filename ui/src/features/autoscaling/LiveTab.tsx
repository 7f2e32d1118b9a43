import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { CHART, TimeChart } from '../../components/TimeChart.tsx';
import { formatBytes, formatMs, formatRatio } from '../../lib/format.ts';
import type { DeploymentInfo, LiveMetrics } from '../../lib/wire.ts';
import { useLiveMetrics } from './api.ts';
import { SetsPanel } from './SetsPanel.tsx';

const rate = (value: number) => `${value.toFixed(1)} /s`;

/** The last minute in figures, the last five in charts, and why as many replicas run as do. Asked for again every three seconds. */
export function LiveTab({ deployment }: { deployment: DeploymentInfo }) {
  const { environment, name } = deployment;
  const metrics = useLiveMetrics(environment, name);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <QueryView query={metrics} title="The live metrics could not be loaded" loading={<BlockSkeleton height={360} />}>
        {(data) => <><Figures metrics={data} wanted={deployment.replicas_wanted} /><Charts metrics={data} group={`live-${environment}-${name}`} /><Variants metrics={data} /></>}
      </QueryView>
      <SetsPanel environment={environment} name={name} asleep={deployment.status === 'SCALED_TO_ZERO'} />
    </div>
  );
}

function Figures({ metrics, wanted }: { metrics: LiveMetrics; wanted: number }) {
  const figures: [string, string, string?][] = [
    ['Requests', rate(metrics.requests_per_second), 'last minute'],
    ['Failed', formatRatio(metrics.error_rate), '502, 503, 504 and the model’s own 5xx'],
    ['p50', formatMs(metrics.p50_ms)], ['p95', formatMs(metrics.p95_ms)], ['p99', formatMs(metrics.p99_ms)],
    ['In flight', String(metrics.in_flight), 'on replicas now'],
    ['Waiting', String(metrics.queued + metrics.parked), 'for a replica now'],
    ['Replicas', `${metrics.replicas_ready} / ${wanted}`, 'ready of wanted'],
    ['CPU', metrics.cpu_cores === null ? '–' : `${metrics.cpu_cores.toFixed(2)} cores`, 'all replicas'],
    ['Memory', metrics.resident_bytes === null ? '–' : formatBytes(metrics.resident_bytes), 'all replicas'],
    ...(metrics.gpu_percentage === null ? [] : [['GPU', `${metrics.gpu_percentage.toFixed(0)} %`, 'of the GPUs of all replicas'] as [string, string, string]]),
  ];
  return (
    <dl aria-label="The last minute" style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(116px, 1fr))', gap: '12px 16px', margin: 0 }}>
      {figures.map(([label, value, meaning]) => (
        <div key={label} title={meaning}>
          <dt className="sw-dim" style={{ fontSize: 12.5 }}>{label}</dt>
          <dd className="sw-num" style={{ margin: 0, fontSize: 20 }}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Each variant in the last minute, where there are several. */
function Variants({ metrics }: { metrics: LiveMetrics }) {
  const all = metrics.variants ?? [];
  if (all.length < 2) return null;
  return (
    <Panel title="Variants" flush>
      <div className="sw-table-wrap" tabIndex={0} role="region" aria-label="Variants in the last minute">
        <table className="sw-table" aria-label="Variants">
          <thead><tr>{['Variant', 'Requests', 'Failed', 'p50', 'p95', 'Answered by its fallback'].map((head, at) => <th key={head} scope="col" style={at === 0 ? undefined : { textAlign: 'right' }}>{head}</th>)}</tr></thead>
          <tbody>
            {all.map((one) => (
              <tr key={`${one.revision} ${one.variant}`}>
                <td>{one.variant} <span className="sw-dim">revision {one.revision}</span></td>
                {[rate(one.requests_per_second), formatRatio(one.error_rate), formatMs(one.p50_ms), formatMs(one.p95_ms), one.fallback_per_second === 0 ? '–' : rate(one.fallback_per_second)].map((text, at) => <td key={at} className="sw-num" style={{ textAlign: 'right' }}>{text}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Charts({ metrics, group }: { metrics: LiveMetrics; group: string }) {
  const { points } = metrics;
  if (points.length === 0) return null;
  const times = points.map((one) => one.at);
  const shared = { times, bucketSeconds: 5, group, height: 160 };
  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))', gap: 16 }}>
      <TimeChart {...shared} label="Requests a second" format={rate} series={[
        { name: 'Requests', kind: 'bar', color: CHART.blue, values: points.map((one) => one.requests_per_second) },
        { name: 'Failed', kind: 'bar', color: CHART.red, values: points.map((one) => one.errors_per_second) },
      ]} />
      <TimeChart {...shared} label="Latency" format={(value) => formatMs(value)} series={[
        { name: 'p50', kind: 'line', color: CHART.sky, values: points.map((one) => one.p50_ms) },
        { name: 'p95', kind: 'line', color: CHART.amber, values: points.map((one) => one.p95_ms) },
        { name: 'p99', kind: 'line', color: CHART.red, dashed: true, values: points.map((one) => one.p99_ms) },
      ]} />
      <TimeChart {...shared} label="Load and replicas" format={(value) => value.toFixed(1)} series={[
        { name: 'Requests at a time', kind: 'line', color: CHART.blue, values: points.map((one) => one.concurrency) },
        { name: 'Ready replicas', kind: 'line', color: CHART.green, values: points.map((one) => one.replicas_ready) },
      ]} />
      <TimeChart {...shared} label="CPU" format={(value) => `${value.toFixed(3)} cores`} series={[
        { name: 'CPU', kind: 'line', color: CHART.green, values: points.map((one) => one.cpu_cores) },
      ]} />
    </div>
  );
}
