import { ActionIcon, Button, Group, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { GitCompareArrows, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { MetricChart } from '../../components/MetricChart.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toastError } from '../../components/Toasts.tsx';
import { drawable, formatMetric } from '../../lib/metrics.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { numberOf, type VersionMetricInfo } from '../../lib/wireRegistry.ts';
import { useValidationMetrics, useVersionMetrics } from './recordApi.ts';
import { nameOfVersion, useVersionSearch } from './search.ts';

/** Training metrics of the source run, validation metrics added later, their curves, and the way to a comparison. */
export function MetricsTab({ version }: { version: ModelVersionInfo }) {
  const metrics = useVersionMetrics(version.model, version.version);
  return (
    <QueryView query={metrics} title="The metrics could not be loaded" loading={<BlockSkeleton height={360} />}>
      {(all) => (
        <div style={{ display: 'grid', gap: 16 }}>
          <div className="sw-columns">
            <Training version={version} metrics={all.filter((one) => one.namespace === 'training')} />
            <Validation version={version} metrics={all.filter((one) => one.namespace === 'validation')} />
          </div>
          <Curves metrics={all} />
          <CompareWith version={version} />
        </div>
      )}
    </QueryView>
  );
}

function Training({ version, metrics }: { version: ModelVersionInfo; metrics: VersionMetricInfo[] }) {
  return (
    <Panel title="Training" flush={metrics.length > 0}>
      {metrics.length > 0 ? <MetricTable label="Training metrics" metrics={metrics} /> : (
        <EmptyState title="No training metrics">{version.source_run_id === null ? 'This version was uploaded. Versions made from a run carry its metrics, parameters and data sets.' : 'The source run had logged no metrics when this version was made.'}</EmptyState>
      )}
    </Panel>
  );
}

function Validation({ version, metrics }: { version: ModelVersionInfo; metrics: VersionMetricInfo[] }) {
  const { log, remove } = useValidationMetrics(version.model, version.version);
  const [name, setName] = useState('');
  const [value, setValue] = useState<string | number>('');
  const [step, setStep] = useState<string | number>('');
  const ready = name.trim() !== '' && value !== '';
  const add = () => {
    log.mutate({ metrics: { [name.trim()]: Number(value) }, step: step === '' ? 0 : Number(step) }, { onSuccess: () => { setValue(''); if (step === '') setName(''); else setStep(Number(step) + 1); } });
  };
  return (
    <Panel title="Validation" flush={metrics.length > 0}>
      {metrics.length > 0 ? <MetricTable label="Validation metrics" metrics={metrics} onRemove={(key) => { remove.mutate(key, { onError: toastError }); }} />
        : <p className="sw-dim" style={{ margin: '0 0 12px' }}>None yet. Add what a later evaluation has found, here or with <span className="sw-mono">log_version_metrics</span>.</p>}
      <Needs right="write_registry"><form style={metrics.length > 0 ? { padding: 12, borderTop: '1px solid var(--sw-line)' } : undefined} onSubmit={(event) => { event.preventDefault(); if (ready) add(); }}>
        <Group gap="xs" align="flex-end">
          <TextInput size="xs" label="Metric" placeholder="accuracy" value={name} onChange={(event) => { setName(event.currentTarget.value); }} style={{ flex: '2 1 120px' }} />
          <NumberInput size="xs" label="Value" value={value} onChange={setValue} hideControls style={{ flex: '1 1 80px' }} />
          <NumberInput size="xs" label="Step" placeholder="0" min={0} allowDecimal={false} value={step} onChange={setStep} style={{ flex: '0 1 76px' }} />
          <Button size="xs" variant="default" type="submit" loading={log.isPending} disabled={!ready}>Add metric</Button>
        </Group>
        {log.error === null ? null : <div style={{ marginTop: 10 }}><ErrorState error={log.error} title="The metric was not added" /></div>}
      </form></Needs>
    </Panel>
  );
}

function MetricTable({ label, metrics, onRemove }: { label: string; metrics: VersionMetricInfo[]; onRemove?: (key: string) => void }) {
  return (
    <div className="sw-table-wrap">
      <table className="sw-table" aria-label={label}>
        <thead><tr><th scope="col">Metric</th><th scope="col" className="sw-right">Value</th><th scope="col" className="sw-right">Step</th><th scope="col">{onRemove === undefined ? 'Taken' : 'Added'}</th>{onRemove === undefined ? null : <th scope="col" aria-label="Delete" />}</tr></thead>
        <tbody>
          {metrics.map((one) => (
            <tr key={one.key}>
              <td className="sw-mono sw-break">{one.key}</td>
              <td className="sw-right">{formatMetric(numberOf(one.value))}</td>
              <td className="sw-right">{one.points.length > 1 ? one.step : <span className="sw-dim">–</span>}</td>
              <td className="sw-dim"><RelativeTime at={one.at} /></td>
              {onRemove === undefined ? null : <td className="sw-right"><Needs right="write_registry"><ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Delete metric ${one.key}`} onClick={() => { onRemove(one.key); }}><Trash2 size={14} aria-hidden /></ActionIcon></Needs></td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Curves({ metrics }: { metrics: VersionMetricInfo[] }) {
  const curves = metrics.filter((one) => one.points.length > 1);
  if (curves.length === 0) return null;
  return (
    <section aria-label="Curves over steps" className="sw-charts">
      {curves.map((one) => (
        <MetricChart key={`${one.namespace} ${one.key}`} kind="line" label={one.namespace === 'training' ? one.key : `${one.key}, validation`}
          series={[{ name: one.key, points: one.points.map((point): [number, number | null] => [point.step, drawable(numberOf(point.value))]) }]} />
      ))}
    </section>
  );
}

function CompareWith({ version }: { version: ModelVersionInfo }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [picked, setPicked] = useState<string[]>([]);
  const found = useVersionSearch(version.model, typed).filter((one) => one.version !== version.version);
  if (found.length === 0 && typed === '' && picked.length === 0) return null;
  const missing = picked.filter((one) => !found.some((other) => String(other.version) === one));
  return (
    <Panel title="Compare with other versions">
      <form onSubmit={(event) => {
        event.preventDefault();
        if (picked.length > 0) void navigate({ to: '/models/$model/compare/$versions', params: { model: version.model, versions: [String(version.version), ...picked].join('...') } });
      }}>
        <Group gap="xs" align="flex-end">
          <MultiSelect label="Versions" placeholder={picked.length === 0 ? 'Choose one or more' : undefined} maxValues={9} searchable searchValue={typed} onSearchChange={setTyped} filter={({ options }) => options} nothingFoundMessage="Nothing is called that"
            w={360} maw="100%" value={picked} onChange={setPicked}
            data={[...found.map((one) => ({ value: String(one.version), label: nameOfVersion(one) })), ...missing.map((one) => ({ value: one, label: `v${one}` }))]} />
          <Button type="submit" variant="default" leftSection={<GitCompareArrows size={14} aria-hidden />} disabled={picked.length === 0}>Compare</Button>
        </Group>
      </form>
    </Panel>
  );
}
