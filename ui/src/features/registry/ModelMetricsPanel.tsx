import { Button, Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { MetricChart } from '../../components/MetricChart.tsx';
import { Panel } from '../../components/Panel.tsx';
import { drawable, formatMetric } from '../../lib/metrics.ts';
import type { ModelVersionInfo, WireNumber } from '../../lib/wire.ts';
import { numberOf } from '../../lib/wireRegistry.ts';

type Key = `${'t' | 'v'} ${string}`;
const nameOf = (key: Key) => (key.startsWith('v ') ? `${key.slice(2)}, validation` : key.slice(2));
const valueOf = (version: ModelVersionInfo, key: Key): WireNumber | undefined => (key.startsWith('v ') ? version.validation_metrics : version.metrics)[key.slice(2)];

/** Last values of every metric across the versions that are loaded: a chart of one of them, and the table of all. */
export function ModelMetricsPanel({ versions, more, loadingMore }: { versions: ModelVersionInfo[]; more?: () => void; loadingMore: boolean }) {
  const keys = useMemo(() => [...new Set(versions.flatMap((one): Key[] => [
    ...Object.keys(one.metrics).map((key): Key => `t ${key}`), ...Object.keys(one.validation_metrics).map((key): Key => `v ${key}`),
  ]))].sort(), [versions]);
  const [picked, setPicked] = useState<Key | null>(null);
  const shown = picked ?? keys[0];
  const older = more === undefined ? null : <div style={{ padding: 10, textAlign: 'center' }}><Button variant="default" size="xs" loading={loadingMore} onClick={more}>Load older versions</Button></div>;
  if (shown === undefined) {
    return <Panel title="Metrics across versions"><EmptyState title={more === undefined ? 'No metrics yet' : `No metrics in the newest ${versions.length} versions`}>Versions made from a run carry its metrics; validation metrics are added on a version&apos;s page.</EmptyState>{older}</Panel>;
  }
  const oldestFirst = versions.toReversed();
  const [latest] = versions;
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {keys.length < 2 ? null : <Select label="Metric" w={260} maw="100%" searchable allowDeselect={false} value={shown} onChange={(value) => { setPicked(value as Key | null); }} data={keys.map((key) => ({ value: key, label: nameOf(key) }))} />}
      <MetricChart kind="line" label={`${nameOf(shown)} by version`} xName="Version" height={220}
        series={[{ name: nameOf(shown), points: oldestFirst.flatMap((one): [number, number | null][] => { const value = valueOf(one, shown); return value === undefined ? [] : [[one.version, drawable(numberOf(value))]]; }) }]} />
      <Panel flush title="Metrics across versions">
        <div className="sw-table-wrap">
          <table className="sw-table sw-compare" aria-label="Metrics across versions">
            <thead><tr><th scope="col">Version</th>{keys.map((key) => <th key={key} scope="col" className="sw-right">{nameOf(key)}</th>)}</tr></thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.version}>
                  <th scope="row"><Link to="/models/$model/$version" params={{ model: one.model, version: String(one.version) }} search={{ tab: 'metrics' }} className="sw-link">v{one.version}</Link>{one.stage === 'None' ? '' : ` ${one.stage}`}{one === latest ? <span className="sw-dim"> latest</span> : null}</th>
                  {keys.map((key) => { const value = valueOf(one, key); return <td key={key} className="sw-right">{value === undefined ? <span className="sw-dim">–</span> : formatMetric(numberOf(value))}</td>; })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {older}
      </Panel>
    </div>
  );
}
