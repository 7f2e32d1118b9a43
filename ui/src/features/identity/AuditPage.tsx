import { Anchor, Button, Drawer, Group, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Download, Lock, LockOpen } from 'lucide-react';
import { useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { prettyJson } from '../../lib/format.ts';
import { paths, queryString } from '../../lib/paths.ts';
import type { AuditEntryInfo } from '../../lib/wire.ts';
import { useAudit, type AuditFilter } from './api.ts';

const columns: Column<AuditEntryInfo>[] = [
  { id: 'sequence', header: '#', numeric: true, cell: (entry) => entry.sequence },
  { id: 'at', header: 'Time', cell: (entry) => <RelativeTime at={entry.at} /> },
  { id: 'actor', header: 'Who', fixed: true, cell: (entry) => entry.actor },
  { id: 'action', header: 'Did what', fixed: true, cell: (entry) => <span className="sw-mono">{entry.action}</span> },
  { id: 'resource', header: 'To what', cell: (entry) => <span className="sw-break"><span className="sw-dim">{entry.resource_kind}</span> {entry.resource}</span> },
  { id: 'ip', header: 'From', cell: (entry) => <span className="sw-mono">{entry.ip_address ?? '–'}</span> },
  {
    id: 'sealed', header: 'Chain',
    cell: (entry) => (
      <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center' }} className="sw-dim">
        {entry.sealed ? <><Lock size={13} aria-hidden /> sealed</> : <><LockOpen size={13} aria-hidden /> open</>}
      </span>
    ),
  },
];

/** Who changed what, when; filters are the page's address. */
export function AuditPage({ filter, onFilter }: { filter: AuditFilter; onFilter: (filter: AuditFilter) => void }) {
  const audit = useAudit(filter);
  const [open, setOpen] = useState<AuditEntryInfo | null>(null);
  const set = useDebouncedCallback((change: AuditFilter) => { onFilter({ ...filter, ...change }); }, 300);
  const any = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <PageHead title="Audit" tab="Audit" lead="Each change with who made it. Entries form a chain; verify (System) proves that none was edited.">
        <Button component="a" href={paths.auditCsv + queryString({ ...filter })} download variant="default" leftSection={<Download size={15} aria-hidden />}>CSV</Button>
      </PageHead>
      <Group gap="xs" mb="sm" align="flex-end">
        {(['actor', 'action', 'resource'] as const).map((name) => (
          <TextInput key={name} size="xs" label={{ actor: 'Who', action: 'Action', resource: 'Resource' }[name]} defaultValue={filter[name] ?? ''} w={150}
            onChange={(event) => { const value = event.currentTarget.value; set({ [name]: value === '' ? undefined : value }); }} />
        ))}
        {(['from', 'to'] as const).map((name) => (
          <TextInput key={name} size="xs" type="date" label={name === 'from' ? 'From' : 'To'} value={filter[name]?.slice(0, 10) ?? ''}
            onChange={(event) => {
              const value = event.currentTarget.value;
              onFilter({ ...filter, [name]: value === '' ? undefined : new Date(`${value}T${name === 'from' ? '00:00:00' : '23:59:59.999'}`).toISOString() });
            }} />
        ))}
      </Group>
      <Panel flush>
        <QueryView query={audit} title="The audit trail could not be loaded" loading={<TableSkeleton rows={10} />}
          empty={<div style={{ padding: 14 }}><EmptyState title={any ? 'Nothing matches these filters' : 'No changes yet'} action={any ? <Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor> : undefined} /></div>}>
          {(rows) => (
            <DataTable name="audit" label="Audit entries" rows={rows} columns={columns} rowKey={(entry) => String(entry.sequence)} onOpen={setOpen}
              more={audit.hasNextPage ? () => { void audit.fetchNextPage(); } : undefined} loadingMore={audit.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
      <Drawer opened={open !== null} onClose={() => { setOpen(null); }} position="right" size="lg" title={`Entry ${open?.sequence ?? ''}`}>
        {open === null ? null : (
          <Stack gap="md">
            <Facts facts={[['When', <RelativeTime key="at" at={open.at} />], ['Who', open.actor], ['Action', <span key="a" className="sw-mono">{open.action}</span>],
              ['Resource', `${open.resource_kind} ${open.resource}`], ['From', open.ip_address ?? '–'], ['Request', <span key="r" className="sw-mono">{open.request_id ?? '–'}</span>]]} />
            {open.before === null ? null : <Panel title="Before"><Code value={prettyJson(open.before)} language="json" label="Before" /></Panel>}
            {open.after === null ? null : <Panel title="After"><Code value={prettyJson(open.after)} language="json" label="After" /></Panel>}
          </Stack>
        )}
      </Drawer>
    </>
  );
}
