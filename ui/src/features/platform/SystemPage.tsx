import { Button } from '@mantine/core';
import { ShieldCheck } from 'lucide-react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Figure, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge, StateOf } from '../../components/StateBadge.tsx';
import { formatBytes, formatNumber, plural } from '../../lib/format.ts';
import type { BaseImageInfo, LimitSupport, SystemStatus, VerifyFinding } from '../../lib/wire.ts';
import { useSystem, useVerify } from './api.ts';

const limits: Column<LimitSupport>[] = [
  { id: 'limit', header: 'Limit', fixed: true, cell: (one) => one.limit },
  { id: 'support', header: 'On this machine', fixed: true, cell: (one) => <StateOf kind="limits" value={one.support} /> },
  { id: 'mechanism', header: 'By', fixed: true, cell: (one) => <span className="sw-mono">{one.mechanism}</span> },
];
const images: Column<BaseImageInfo>[] = [
  { id: 'name', header: 'Base image', fixed: true, cell: (one) => <span className="sw-mono">{one.name}</span> },
  { id: 'runtime', header: 'Runtime', cell: (one) => one.runtime },
  { id: 'interpreter', header: 'Interpreter', cell: (one) => <span className="sw-mono sw-break">{one.interpreter ?? '–'}</span> },
  { id: 'version', header: 'Version', cell: (one) => one.version ?? '–' },
  {
    id: 'usable', header: 'State', fixed: true,
    cell: (one) => (
      <span><StateBadge state={one.usable ? { tone: 'well', word: 'Usable', meaning: 'Packages can be built for it.' } : { tone: 'broken', word: 'Not usable', meaning: one.problem ?? '' }} />
        {one.problem === null ? null : <div className="sw-break" style={{ fontSize: 12.5, marginTop: 2 }}>{one.problem}</div>}</span>
    ),
  },
];
const findings: Column<VerifyFinding>[] = [
  { id: 'kind', header: 'Kind', fixed: true, cell: (one) => one.kind.replaceAll('_', ' ') },
  { id: 'what', header: 'What', fixed: true, cell: (one) => <span className="sw-mono sw-break">{one.what}</span> },
  { id: 'detail', header: 'Detail', fixed: true, cell: (one) => one.detail },
];

/** What this server is, what its machine holds replicas to, and whether everything stored is sound. */
export function SystemPage() {
  const system = useSystem();
  return (
    <>
      <PageHead title="System" tab="System" lead="What this server is and what its machine offers to models." />
      <QueryView query={system} title="The system status could not be loaded" loading={<BlockSkeleton height={520} />}>
        {(status) => <Status status={status} />}
      </QueryView>
    </>
  );
}

function Status({ status }: { status: SystemStatus }) {
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <div className="sw-figures">
        <Figure label="Processors" value={status.cpu_count} />
        <Figure label="Memory" value={formatBytes(status.memory_bytes)} />
        <Figure label="Free disk" value={formatBytes(status.disk_free_bytes)} />
        <Figure label="History" value={formatBytes(status.history_bytes)} />
        <Figure label="History records dropped" value={formatNumber(status.history_dropped)} hint="Records that were lost because the journal was full" />
      </div>
      {status.history_dropped > 0 ? <Notice tone="look" title="Some predictions were not recorded">The journal was full. Requests were answered all the same.</Notice> : null}
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16, alignItems: 'start' }}>
        <Panel title="Server">
          <Facts facts={[
            ['Version', status.version], ['Database', status.database], ['Started', <RelativeTime key="s" at={status.started_at} />], ['Epoch', String(status.epoch)],
            ['Models in the gateway', `${plural(status.hosted.models, 'model')}, ${formatBytes(status.hosted.bytes)} of ${formatBytes(status.hosted.limit_bytes)}`],
            ...Object.entries(status.addresses).map(([name, address]): [string, React.ReactNode] => [name, <span key={name}><span className="sw-mono">{address}</span> <CopyButton value={address} what={`${name} address`} /></span>]),
          ]} />
        </Panel>
        <Panel title="Isolation of models"><p style={{ margin: 0, fontSize: 14 }}>{status.isolation}</p></Panel>
      </div>
      <Panel title="Limits" flush={status.limits.length > 0}>{status.limits.length === 0 ? <span className="sw-dim">The server has not reported any yet.</span> : <DataTable name="limits" label="Limits" rows={status.limits} columns={limits} rowKey={(one) => one.limit} />}</Panel>
      <Panel title="Base images" flush={status.base_images.length > 0}>{status.base_images.length === 0 ? <span className="sw-dim">The server has not reported any yet.</span> : <DataTable name="images" label="Base images" rows={status.base_images} columns={images} rowKey={(one) => one.name} />}</Panel>
      <Verify />
    </div>
  );
}

function Verify() {
  const verify = useVerify();
  const report = verify.data;
  return (
    <Panel title="Verify" actions={<Button size="xs" leftSection={<ShieldCheck size={14} aria-hidden />} loading={verify.isPending} onClick={() => { verify.mutate(); }}>Verify now</Button>}>
      <div style={{ display: 'grid', gap: 12 }}>
        {report === undefined && verify.error === null ? <span className="sw-dim">Reads every stored file and the audit chain and names whatever is damaged, missing or left over.</span> : null}
        {verify.error === null ? null : <ErrorState error={verify.error} title="Verify did not run" />}
        {report === undefined ? null : (
          <Notice tone={report.ok ? 'well' : 'broken'} title={report.ok ? 'Everything is sound' : `${report.findings.length} findings`}>
            {formatNumber(report.blobs_checked)} files ({formatBytes(report.bytes_checked)}) and {formatNumber(report.audit_entries_checked)} audit entries were checked.
          </Notice>
        )}
        {report === undefined || report.findings.length === 0 ? null : <DataTable name="findings" label="Findings" rows={report.findings} columns={findings} rowKey={(one) => `${one.kind} ${one.what} ${one.detail}`} />}
      </div>
    </Panel>
  );
}
