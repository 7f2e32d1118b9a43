import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ArrowDownToLine, Download, Pause, Play, Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { plural } from '../../lib/format.ts';
import type { LogLine } from '../../lib/wire.ts';
import { useLogs, useLogStream, useReplicas, type LogFilter } from './api.ts';
import { LogList } from './LogList.tsx';
import { shortReplica } from './ReplicasTable.tsx';

const LEVELS = [{ value: '', label: 'All levels' }, { value: 'info', label: 'Info and above' }, { value: 'warning', label: 'Warning and above' }, { value: 'error', label: 'Errors' }];
const none: LogLine[] = [];

/** Output of all replicas of a deployment: follow, pause, search, level, replica. Filters are the page's address. */
export function LogsTab({ environment, name, filter, onFilter }: { environment: string; name: string; filter: LogFilter; onFilter: (filter: LogFilter) => void }) {
  const [typed, setTyped] = useState(filter.q ?? '');
  const [search] = useDebouncedValue(typed, 250);
  const [follow, setFollow] = useState(true);
  const [paused, setPaused] = useState(false);
  const asked: LogFilter = { replica: filter.replica, level: filter.level, q: search === '' ? undefined : search, request_id: filter.request_id };
  const logs = useLogs(environment, name, asked);
  const replicas = useReplicas(environment, name);
  const first = logs.data ?? none;
  const { lines: more, broken } = useLogStream(environment, name, asked, first.at(-1)?.cursor, !paused && logs.isSuccess);
  const lines = useMemo(() => (more.length === 0 ? first : [...first, ...more]), [first, more]);
  const text = () => lines.map((line) => [line.at ?? '', line.level ?? '', line.replica, line.message].join(' ')).join('\n');
  const filtered = asked.q !== undefined || asked.level !== undefined || asked.replica !== undefined || asked.request_id !== undefined;

  return (
    <Panel flush title={(
      <span className="sw-num">{plural(lines.length, 'line')}<span className="sw-dim" style={{ fontWeight: 400 }}>{paused ? ', paused' : broken ? ', stream is down' : follow ? ', following' : ''}</span></span>
    )} actions={(
      <Group gap={6}>
        <TextInput size="xs" aria-label="Search the log" placeholder="Search" leftSection={<Search size={13} aria-hidden />} value={typed} w={150}
          onChange={(event) => { const q = event.currentTarget.value; setTyped(q); onFilter({ ...filter, q: q === '' ? undefined : q }); }} />
        <NativeSelect size="xs" aria-label="Level" data={LEVELS} value={filter.level ?? ''} onChange={(event) => { const level = event.currentTarget.value; onFilter({ ...filter, level: level === '' ? undefined : level }); }} />
        <NativeSelect size="xs" aria-label="Replica" value={filter.replica ?? ''}
          data={[{ value: '', label: 'All replicas' }, ...(replicas.data ?? []).map((one) => ({ value: one.id, label: shortReplica(one.id) }))]}
          onChange={(event) => { const replica = event.currentTarget.value; onFilter({ ...filter, replica: replica === '' ? undefined : replica }); }} />
        <Button size="xs" variant="default" aria-pressed={follow} disabled={paused} leftSection={<ArrowDownToLine size={13} aria-hidden />} onClick={() => { setFollow(!follow); }}>Follow</Button>
        <Button size="xs" variant="default" aria-pressed={paused} leftSection={paused ? <Play size={13} aria-hidden /> : <Pause size={13} aria-hidden />} onClick={() => { setPaused(!paused); }}>
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button size="xs" variant="subtle" color="gray" aria-label="Download these lines" title="Download these lines" px={8} onClick={() => { download(`${name}-${environment}.log`, text()); }}><Download size={14} aria-hidden /></Button>
        <CopyButton value={lines.length < 5_000 ? text() : ''} what="these lines" />
      </Group>
    )}>
      {filter.request_id === undefined ? null : (
        <div style={{ padding: '8px 12px' }}>
          <Notice tone="rest" action={<Button size="compact-xs" variant="default" onClick={() => { onFilter({ ...filter, request_id: undefined }); }}>Show all</Button>}>
            Only lines of request <span className="sw-mono">{filter.request_id}</span>
          </Notice>
        </div>
      )}
      <QueryView query={logs} title="The log could not be loaded" loading={<BlockSkeleton height={400} />}>
        {() => (lines.length === 0 ? (
          <div style={{ padding: 14 }}>
            <EmptyState title={filtered ? 'No line passes these filters' : 'No output yet'} command={filtered ? undefined : `slipway logs ${name} -f`}>
              {filtered ? 'New lines that do appear here.' : 'Whatever the model prints or logs appears here as it is written.'}
            </EmptyState>
          </div>
        ) : <LogList lines={lines} search={asked.q ?? ''} follow={follow && !paused} onFollow={setFollow} showReplica={(replicas.data?.length ?? 0) !== 1} />)}
      </QueryView>
    </Panel>
  );
}

function download(name: string, text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
