import { Anchor, Button, Group, Menu, NativeSelect, TextInput } from '@mantine/core';
import { Download, Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { ShortId } from '../../components/CopyButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { formatBytes, formatMs } from '../../lib/format.ts';
import { httpMeaning, STATUS_CLASSES, statusTone } from '../../lib/states.ts';
import type { PredictionInfo } from '../../lib/wire.ts';
import { exportAddress, usePredictions, type PredictionFilter } from './api.ts';
import { BodyPreview } from './BodyPreview.tsx';
import { PredictionDrawer } from './PredictionDrawer.tsx';

const ORIGINS = ['live', 'sdk', 'ui', 'simulator'];
const ROUTING = { matched: 'Matched', default_matched: 'Default matched' };

/** Recorded predictions of a deployment. Filters and the opened one are the page's address. */
export function HistoryTab({ environment, name, versions, variants, filter, onFilter, open, onOpen, isGone = false }: {
  environment: string; name: string;
  /** Version numbers to offer in the filter. */
  versions: number[];
  /** Names of variants; the filter is there when there are several. */
  variants: string[];
  filter: PredictionFilter; onFilter: (filter: PredictionFilter) => void;
  open: string | null; onOpen: (id: string | null) => void;
  /** Nothing answers under this name any more, so nobody is told how to ask it. */
  isGone?: boolean;
}) {
  const predictions = usePredictions(environment, name, filter);
  const [bodies, setBodies] = useState(false);
  const any = Object.values(filter).some((value) => value !== undefined);
  const set = (change: PredictionFilter) => { onFilter({ ...filter, ...change }); };
  const columns: Column<PredictionInfo>[] = [
    { id: 'id', header: 'Id', fixed: true, cell: (one) => <ShortId id={one.id} what="prediction id" /> },
    { id: 'at', header: 'Time', fixed: true, cell: (one) => <RelativeTime at={one.at} /> },
    { id: 'version', header: 'Version', cell: (one) => <span title={`revision ${one.revision}`}>{one.model} v{one.model_version}</span> },
    {
      id: 'status', header: 'Response', fixed: true,
      cell: (one) => (
        <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center' }}>
          <StateBadge state={{ tone: statusTone(one.status), word: one.status === null ? 'aborted' : String(one.status), meaning: httpMeaning(one.status) }} />
          {one.error_code === null ? null : <span className="sw-mono sw-dim">{one.error_code}</span>}
        </span>
      ),
    },
    ...(variants.length < 2 ? [] : [{
      id: 'variant', header: 'Variant',
      cell: (one: PredictionInfo) => (
        <span>{one.variant}{one.fallback_from == null ? '' : <span className="sw-dim"> for {one.fallback_from}</span>}{one.routing == null ? '' : <span className="sw-dim"> · {ROUTING[one.routing]}{one.routing === 'matched' ? `, row ${one.row}` : ''}</span>}</span>
      ),
    }]),
    { id: 'latency', header: 'Latency', numeric: true, cell: (one) => formatMs(one.latency_ms) },
    { id: 'queue', header: 'Queued', numeric: true, hidden: true, cell: (one) => formatMs(one.queue_ms) },
    { id: 'origin', header: 'Origin', cell: (one) => one.origin },
    { id: 'user', header: 'User', hidden: true, cell: (one) => one.user ?? '–' },
    { id: 'size', header: 'In / out', numeric: true, cell: (one) => `${formatBytes(one.input_bytes)} / ${formatBytes(one.output_bytes)}` },
    ...(bodies ? [{ id: 'bodies', header: 'Input and output', fixed: true, cell: (one: PredictionInfo) => <BodyPreview id={one.id} /> }] : []),
  ];
  return (
    <>
      <Panel title="Filters" actions={any ? <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { onFilter({}); }}>Reset all</Button> : undefined}>
        <Group gap="sm" align="flex-end">
          <TextInput type="datetime-local" size="xs" label="From" value={localInput(filter.from)} onChange={(event) => { set({ from: instant(event.currentTarget.value) }); }} />
          <TextInput type="datetime-local" size="xs" label="To" value={localInput(filter.to)} onChange={(event) => { set({ to: instant(event.currentTarget.value) }); }} />
          <NativeSelect size="xs" label="Response" value={filter.status ?? ''} onChange={(event) => { set({ status: event.currentTarget.value === '' ? undefined : event.currentTarget.value }); }}
            data={[{ value: '', label: 'All' }, ...STATUS_CLASSES.map((one) => ({ value: one.value, label: `${one.label}: ${one.meaning}` }))]} />
          <NativeSelect size="xs" label="Version" value={filter.version ?? ''} onChange={(event) => { set({ version: event.currentTarget.value === '' ? undefined : event.currentTarget.value }); }}
            data={[{ value: '', label: 'All' }, ...versions.map((version) => ({ value: String(version), label: `v${version}` }))]} />
          <NativeSelect size="xs" label="Origin" value={filter.origin ?? ''} onChange={(event) => { set({ origin: event.currentTarget.value === '' ? undefined : event.currentTarget.value }); }}
            data={[{ value: '', label: 'All' }, ...ORIGINS]} />
          {variants.length < 2 ? null : (
            <>
              <NativeSelect size="xs" label="Variant" value={filter.variant ?? ''} onChange={(event) => { set({ variant: event.currentTarget.value === '' ? undefined : event.currentTarget.value }); }}
                data={[{ value: '', label: 'All' }, ...variants]} />
              <NativeSelect size="xs" label="Routing" value={filter.routing ?? ''} onChange={(event) => { set({ routing: event.currentTarget.value === '' ? undefined : event.currentTarget.value }); }}
                data={[{ value: '', label: 'All' }, ...Object.entries(ROUTING).map(([value, label]) => ({ value, label }))]} />
            </>
          )}
        </Group>
      </Panel>
      <div style={{ height: 16 }} />
      <Panel title="Predictions" flush actions={(
        <Group gap={6}>
          <Button size="xs" variant="default" aria-pressed={bodies}
            leftSection={bodies ? <EyeOff size={13} aria-hidden /> : <Eye size={13} aria-hidden />} onClick={() => { setBodies(!bodies); }}>{bodies ? 'Hide' : 'Show'} input and output</Button>
          <Menu position="bottom-end">
            <Menu.Target><Button size="xs" variant="default" leftSection={<Download size={13} aria-hidden />}>Export</Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component="a" href={exportAddress('jsonl', environment, name, filter)} download>JSON lines, with input and output</Menu.Item>
              <Menu.Item component="a" href={exportAddress('csv', environment, name, filter)} download>CSV</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      )}>
        <QueryView query={predictions} title="The history could not be loaded" loading={<TableSkeleton rows={8} />}
          empty={(
            <div style={{ padding: 14 }}>
              {any ? <EmptyState title="No prediction matches these filters" action={<Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor>} />
                : isGone ? <EmptyState title="No prediction of this name is kept">What a deployment has answered is kept for 14 days, also after it was deleted.</EmptyState>
                : <EmptyState title="No predictions yet" command={`slipway predict ${name} --environment ${environment} --data JSON`}>Each answered request is recorded here with its input and output, for 14 days.</EmptyState>}
            </div>
          )}>
          {(rows) => (
            <DataTable name="predictions" label="Predictions" rows={rows} columns={columns} rowKey={(one) => one.id} onOpen={(one) => { onOpen(one.id); }}
              more={predictions.hasNextPage ? () => { void predictions.fetchNextPage(); } : undefined} loadingMore={predictions.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
      <PredictionDrawer id={open} onClose={() => { onOpen(null); }} />
    </>
  );
}

/** Value of a datetime-local input, in local time. */
function localInput(at: string | undefined): string {
  if (at === undefined) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
const instant = (value: string) => (value === '' ? undefined : new Date(value).toISOString());
