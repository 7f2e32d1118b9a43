import { Anchor, Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { Sparkline } from '../../components/Sparkline.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatMs, formatRatio } from '../../lib/format.ts';
import { stateWord } from '../../lib/states.ts';
import type { DeploymentInfo, DeploymentStatus } from '../../lib/wire.ts';
import { useDeployments, useEnvironments, type DeploymentFilter } from './api.ts';
import { DeploymentActions } from './DeploymentActions.tsx';
import { defaultVariant, errorRate, liveVersion, sum } from './facts.ts';

const STATUSES: DeploymentStatus[] = ['ACTIVE', 'UNHEALTHY', 'UPDATING', 'DEPLOYING', 'BUILDING', 'LOADING_MODEL', 'DEPLOY_FAILED', 'BUILD_FAILED', 'BUILD_STOPPED', 'FAILED', 'SCALED_TO_ZERO', 'WAKING_UP', 'INACTIVE', 'DEACTIVATING', 'STOPPED'];

/** All deployments with filters that are the page's address. `p95` tells the 95th percentile of a deployment, where known. */
export function DeploymentsTable({ filter, onFilter, p95 }: {
  filter: DeploymentFilter; onFilter: (filter: DeploymentFilter) => void; p95?: (deployment: DeploymentInfo) => number | null | undefined;
}) {
  const navigate = useNavigate();
  const deployments = useDeployments(filter);
  const environments = useEnvironments();
  const search = useDebouncedCallback((q: string) => { onFilter({ ...filter, q: q === '' ? undefined : q }); }, 250);
  const byLabel = useDebouncedCallback((label: string) => { onFilter({ ...filter, label: label === '' ? undefined : label }); }, 250);
  const any = filter.label !== undefined || filter.q !== undefined || filter.environment !== undefined || filter.status !== undefined;
  const target = (one: DeploymentInfo) => ({ to: '/deployments/$env/$name/$tab' as const, params: { env: one.environment, name: one.name, tab: 'overview' } });
  const columns: Column<DeploymentInfo>[] = [
    { id: 'name', header: 'Name', fixed: true, sort: (one) => one.name, cell: (one) => <Link {...target(one)} className="sw-link">{one.name}</Link> },
    { id: 'environment', header: 'Environment', sort: (one) => one.environment, cell: (one) => one.environment },
    { id: 'status', header: 'State', fixed: true, sort: (one) => one.status, cell: (one) => <StateOf kind="deployments" value={one.status} detail={one.status_detail} /> },
    {
      id: 'model', header: 'Model', sort: liveVersion,
      cell: (one) => {
        const variant = defaultVariant(one.live);
        return variant === null ? <span className="sw-dim">–</span>
          : <Link to="/models/$model/$version" params={{ model: variant.model, version: String(variant.model_version) }} style={{ color: 'inherit', whiteSpace: 'nowrap' }}>{liveVersion(one)}</Link>;
      },
    },
    { id: 'replicas', header: 'Replicas ready', numeric: true, sort: (one) => one.replicas_ready, cell: (one) => `${one.replicas_ready} / ${one.replicas_wanted}` },
    { id: 'rate', header: 'Requests/min', numeric: true, sort: (one) => sum(one.requests_per_minute.slice(-5)), cell: (one) => (sum(one.requests_per_minute.slice(-5)) / 5).toFixed(1) },
    { id: 'p95', header: 'p95, last hour', numeric: true, sort: (one) => p95?.(one) ?? undefined, cell: (one) => formatMs(p95?.(one)) },
    { id: 'errors', header: 'Failed, 30 min', numeric: true, sort: errorRate, cell: (one) => formatRatio(errorRate(one)) },
    { id: 'traffic', header: 'Last 30 min', hidden: true, cell: (one) => <div style={{ width: 110 }}><Sparkline requests={one.requests_per_minute} errors={one.errors_per_minute} /></div> },
    { id: 'owner', header: 'Owner', sort: (one) => one.owner, cell: (one) => one.owner },
    { id: 'updated', header: 'Changed', sort: (one) => one.updated_at, hidden: true, cell: (one) => <RelativeTime at={one.updated_at} /> },
    { id: 'menu', header: '', fixed: true, cell: (one) => <DeploymentActions deployment={one} onOpen={() => { void navigate(target(one)); }} /> },
  ];
  return (
    <>
      <Group gap="xs" mb="sm">
        <TextInput aria-label="Search deployments" placeholder="Search by name" leftSection={<Search size={14} aria-hidden />} defaultValue={filter.q ?? ''} size="sm"
          onChange={(event) => { search(event.currentTarget.value); }} />
        <TextInput aria-label="Label" placeholder="Label: key or key:value" defaultValue={filter.label ?? ''} size="sm" w={190} onChange={(event) => { byLabel(event.currentTarget.value.trim()); }} />
        <Select aria-label="Environment" placeholder="All environments" clearable size="sm" w={180} data={environments.data?.map((one) => one.name) ?? []}
          value={filter.environment ?? null} onChange={(value) => { onFilter({ ...filter, environment: value ?? undefined }); }} />
        <Select aria-label="State" placeholder="All states" clearable size="sm" w={160} data={STATUSES.map((value) => ({ value, label: stateWord('deployments', value).word }))}
          value={filter.status ?? null} onChange={(value) => { onFilter({ ...filter, status: value ?? undefined }); }} />
        {any ? <Button variant="subtle" color="gray" size="sm" onClick={() => { onFilter({}); }}>Reset all</Button> : null}
      </Group>
      <Panel flush>
        <QueryView query={deployments} title="The deployments could not be loaded" loading={<TableSkeleton rows={8} />}
          empty={(
            <div style={{ padding: 14 }}>
              {any ? <EmptyState title="No deployment matches these filters" action={<Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor>} />
                : <EmptyState title="No deployments yet" command="slipway push DIR">A deployment serves a version of a model at an address of its own.</EmptyState>}
            </div>
          )}>
          {(rows) => (
            <DataTable name="deployments" label="Deployments" rows={rows} columns={columns} rowKey={(one) => `${one.environment}/${one.name}`}
              onOpen={(one) => { void navigate(target(one)); }}
              more={deployments.hasNextPage ? () => { void deployments.fetchNextPage(); } : undefined} loadingMore={deployments.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
    </>
  );
}
