import { Button, Checkbox, Group } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { GitCompareArrows } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Command } from '../../components/CopyButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { EditableText } from '../../components/EditableText.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton, TableSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatBytes } from '../../lib/format.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { AliasesPanel } from './AliasesPanel.tsx';
import { useModel, useUpdateModel, useVersions } from './api.ts';
import { DeleteButton } from './DeleteButton.tsx';
import { DeployButton } from './DeployDialog.tsx';
import { LineagePanel } from './LineagePanel.tsx';
import { ModelDeploymentsPanel } from './ModelDeploymentsPanel.tsx';
import { ModelMetricsPanel } from './ModelMetricsPanel.tsx';
import { useLatestRunnable } from './search.ts';
import { StageButton } from './StageDialog.tsx';
import { TagsPanel } from './TagsPanel.tsx';
import { TransitionsPanel } from './TransitionsPanel.tsx';
import { UploadVersionButton } from './UploadVersionButton.tsx';

const TABS = [['versions', 'Versions'], ['metrics', 'Metrics'], ['lineage', 'Lineage']] as const;
const MOST_COMPARED = 10;

/** A model: its versions, what became of them, its names for them. */
export function ModelPage({ model, tab = 'versions', environments, protection }: { model: string; tab?: string; environments: string[]; protection?: ReactNode }) {
  const navigate = useNavigate();
  const info = useModel(model);
  const versions = useVersions(model);
  const update = useUpdateModel(model);
  const more = versions.hasNextPage ? () => { void versions.fetchNextPage(); } : undefined;
  const latest = useLatestRunnable(model).data ?? undefined;
  return (
    <>
      <PageHead title={model} tab={model}
        lead={info.data === undefined ? undefined : <EditableText label="Description" value={info.data.description} empty="No description yet." save={(description) => update.mutateAsync({ description, etag: info.data.etag })} />}>
        {info.data === undefined ? null : <DeleteButton model={model} version={null} onDeleted={() => { void navigate({ to: '/models' }); }} />}
        {info.data === undefined ? null : <UploadVersionButton model={model} />}
        {latest === undefined ? null : <DeployButton version={latest} environments={environments} label={`Deploy v${latest.version}`} />}
      </PageHead>
      {info.error === null || info.data !== undefined ? null : <ErrorState error={info.error} title={`The model ${model} could not be loaded`} onRetry={() => { void info.refetch(); }} />}
      {info.data === undefined ? null : (
        <Group gap="lg" mb="sm" style={{ fontSize: 13.5 }}>
          <span><span className="sw-dim">Owner </span>{info.data.owner}</span>
          <span><span className="sw-dim">Registered </span><RelativeTime at={info.data.created_at} /></span>
          <span><span className="sw-dim">In Production </span>{info.data.production_version === null ? '–' : `v${info.data.production_version}`}</span>
        </Group>
      )}
      <nav className="sw-tabs" aria-label="Parts of this model" style={{ marginBottom: 16 }}>
        {TABS.map(([value, label]) => (
          <Link key={value} to="/models/$model" params={{ model }} search={value === 'versions' ? {} : { tab: value }} aria-current={tab === value ? 'page' : undefined} activeOptions={{ exact: true }} activeProps={{}}>{label}</Link>
        ))}
      </nav>
      {tab === 'lineage' ? <LineagePanel model={model} version={null} /> : tab === 'metrics' ? (
        <QueryView query={versions} title="The versions could not be loaded" loading={<BlockSkeleton height={360} />}>{(rows) => <ModelMetricsPanel versions={rows} more={more} loadingMore={versions.isFetchingNextPage} />}</QueryView>
      ) : (
        <>
          <Versions model={model} environments={environments} />
          <div className="sw-columns" style={{ marginTop: 16 }}>
            <TransitionsPanel model={model} />
            <div style={{ display: 'grid', gap: 16 }}>
              <ModelDeploymentsPanel model={model} />
              {protection}
              <AliasesPanel model={model} />
              {info.data === undefined ? null : <TagsPanel model={model} version={null} tags={info.data.tags.map((tag): [string, string] => [tag, info.data.tag_values[tag] ?? ''])} />}
            </div>
          </div>
        </>
      )}
    </>
  );
}

function Versions({ model, environments }: { model: string; environments: string[] }) {
  const navigate = useNavigate();
  const versions = useVersions(model);
  const [chosen, setChosen] = useState<number[]>([]);
  const columns: Column<ModelVersionInfo>[] = [
    {
      id: 'choose', header: '', fixed: true,
      cell: (one) => (
        <Checkbox size="xs" aria-label={`Choose v${one.version}`} checked={chosen.includes(one.version)} disabled={!chosen.includes(one.version) && chosen.length >= MOST_COMPARED}
          onChange={(event) => { setChosen(event.currentTarget.checked ? [...chosen, one.version] : chosen.filter((number) => number !== one.version)); }} />
      ),
    },
    {
      id: 'version', header: 'Version', fixed: true, sort: (one) => one.version,
      cell: (one) => (
        <span><Link to="/models/$model/$version" params={{ model, version: String(one.version) }} className="sw-link sw-num">v{one.version}</Link>
          {one.label === null ? null : <span className="sw-dim"> {one.label}</span>}{one.aliases.map((alias) => <span key={alias} className="sw-mono sw-dim"> @{alias}</span>)}</span>
      ),
    },
    { id: 'stage', header: 'Stage', fixed: true, sort: (one) => one.stage, cell: (one) => (one.stage === 'None' ? <span className="sw-dim">None</span> : <StateOf kind="stages" value={one.stage} />) },
    { id: 'status', header: 'State', hidden: true, sort: (one) => one.status, cell: (one) => <StateOf kind="versions" value={one.status} /> },
    {
      id: 'runnable', header: 'Runnable', sort: (one) => Number(one.runnable),
      cell: (one) => (one.runnable ? `yes, ${one.runtime ?? one.detected}` : <span className="sw-break">no: {one.not_runnable_reason ?? 'not known why'}</span>),
    },
    { id: 'source', header: 'Made from', sort: (one) => one.source_run_id ?? '', cell: (one) => (one.source_run_id === null ? <span className="sw-dim">an upload</span> : <span className="sw-mono" title={one.source_run_id}>run {one.source_run_id.slice(0, 8)}</span>) },
    { id: 'builds', header: 'Builds', cell: (one) => (one.builds.length === 0 ? <span className="sw-dim">none yet</span> : <Group gap={6}>{one.builds.map((build) => <span key={build.id} style={{ display: 'inline-flex', gap: 4, alignItems: 'center' }}><span className="sw-mono">{build.base_image}</span> <StateOf kind="builds" value={build.status} detail={build.error} /></span>)}</Group>) },
    { id: 'size', header: 'Size', numeric: true, sort: (one) => one.size_bytes, cell: (one) => formatBytes(one.size_bytes) },
    { id: 'by', header: 'Made by', hidden: true, cell: (one) => one.created_by },
    { id: 'at', header: 'Registered', sort: (one) => one.created_at, cell: (one) => <RelativeTime at={one.created_at} /> },
    {
      id: 'deploy', header: '', fixed: true,
      cell: (one) => <Group gap={6} justify="flex-end" wrap="nowrap"><StageButton version={one} compact />{one.runnable ? <DeployButton version={one} environments={environments} compact /> : null}</Group>,
    },
  ];
  const compare = () => { void navigate({ to: '/models/$model/compare/$versions', params: { model, versions: chosen.toSorted((a, b) => a - b).join('...') } }); };
  return (
    <Panel title="Versions" flush actions={(
      <>
        {chosen.length === 1 ? <span className="sw-dim" style={{ fontSize: 13 }}>Choose another to compare with v{chosen[0]}.</span> : null}
        <Button size="compact-sm" variant="default" leftSection={<GitCompareArrows size={13} aria-hidden />} disabled={chosen.length < 2} onClick={compare}>Compare{chosen.length < 2 ? '' : ` ${chosen.length}`}</Button>
      </>
    )}>
      <QueryView query={versions} title="The versions could not be loaded" loading={<TableSkeleton rows={4} />}
        empty={<div style={{ padding: 14 }}><EmptyState title="No version yet">Register one from an artifact of a run, or push a folder: <Command text={`slipway push DIR --name ${model}`} /></EmptyState></div>}>
        {(rows) => (
          <DataTable name="versions" label="Versions" rows={rows} columns={columns} rowKey={(one) => String(one.version)}
            onOpen={(one) => { void navigate({ to: '/models/$model/$version', params: { model, version: String(one.version) } }); }}
            more={versions.hasNextPage ? () => { void versions.fetchNextPage(); } : undefined} loadingMore={versions.isFetchingNextPage} />
        )}
      </QueryView>
    </Panel>
  );
}
