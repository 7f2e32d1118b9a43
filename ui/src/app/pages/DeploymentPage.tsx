import { SegmentedControl, Skeleton } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { RANGES } from '../../features/analytics/api.ts';
import { AnalyticsTab } from '../../features/analytics/AnalyticsTab.tsx';
import { LiveTab } from '../../features/autoscaling/LiveTab.tsx';
import { AdvancedTab } from '../../features/deployments/AdvancedTab.tsx';
import { useDeployment, useRevisions, useRollouts } from '../../features/deployments/api.ts';
import { DeploymentHead } from '../../features/deployments/DeploymentHead.tsx';
import { defaultVariant } from '../../features/deployments/facts.ts';
import { LiveActions } from '../../features/deployments/LiveActions.tsx';
import { RoutingTab } from '../../features/deployments/RoutingTab.tsx';
import { VersionsTab } from '../../features/deployments/VersionsTab.tsx';
import { ExecuteTab } from '../../features/gateway/ExecuteTab.tsx';
import { bodyFormOf } from '../../features/gateway/tensors.ts';
import { HistoryTab } from '../../features/history/HistoryTab.tsx';
import { useVersion } from '../../features/registry/api.ts';
import { BuildsPanel } from '../../features/registry/BuildsPanel.tsx';
import { RolloutTab } from '../../features/rollouts/RolloutTab.tsx';
import { LogsTab } from '../../features/replicas/LogsTab.tsx';
import { ReplicasTable } from '../../features/replicas/ReplicasTable.tsx';
import { formatJson } from '../../lib/format.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import type { ContextFieldInfo } from '../../lib/wireRouting.ts';
import { TABS } from '../search.ts';
import { useBaseImages, useModelChoices, useVersionChoices } from './choices.ts';
import { GoneDeployment } from './GoneDeployment.tsx';
import { LostPage } from './LostPage.tsx';
import { OverviewTab } from './OverviewTab.tsx';

const route = getRouteApi('/shell/deployments/$env/$name/$tab');

/** A deployment: its head always in sight, its tabs each with an address. */
export function DeploymentPage() {
  const { env, name, tab } = route.useParams();
  const deployment = useDeployment({ environment: env, name });
  if (!TABS.some((one) => one.value === tab)) return <LostPage />;
  if (deployment.data === undefined && deployment.error instanceof ApiError && deployment.error.status === 404) return <GoneDeployment />;
  return (
    <QueryView query={deployment} title={`The deployment ${name} in ${env} could not be loaded`}
      loading={<><Skeleton height={14} width={160} mb={8} /><Skeleton height={26} width={260} mb={10} /><Skeleton height={16} width="60%" mb={22} /><BlockSkeleton height={360} /></>}>
      {(data) => <Loaded key={`${env}/${name}`} deployment={data} tab={tab} />}
    </QueryView>
  );
}

function Loaded({ deployment, tab }: { deployment: DeploymentInfo; tab: string }) {
  const { environment: env, name } = deployment;
  const navigate = useNavigate();
  const baseImages = useBaseImages();
  const gone = () => { void navigate({ to: '/deployments' }); };
  return (
    <>
      <DeploymentHead deployment={deployment} onDeleted={gone} />
      <nav className="sw-tabs" aria-label="Parts of this deployment" style={{ marginBottom: 16 }}>
        {TABS.map((one) => (
          <Link key={one.value} to="/deployments/$env/$name/$tab" params={{ env, name, tab: one.value }} aria-current={one.value === tab ? 'page' : undefined} activeProps={{}}>{one.label}</Link>
        ))}
      </nav>
      {tab === 'overview' ? <OverviewTab deployment={deployment} /> : null}
      {tab === 'live' ? <Live deployment={deployment} /> : null}
      {tab === 'execute' ? <Execute deployment={deployment} /> : null}
      {tab === 'history' ? <History deployment={deployment} /> : null}
      {tab === 'logs' ? <Logs deployment={deployment} /> : null}
      {tab === 'versions' ? <Versions deployment={deployment} /> : null}
      {tab === 'routing' ? <Routing deployment={deployment} /> : null}
      {tab === 'rollout' ? <Rollout deployment={deployment} /> : null}
      {tab === 'analytics' ? <Analytics deployment={deployment} /> : null}
      {tab === 'advanced' ? <AdvancedTab deployment={deployment} baseImages={baseImages} onDeleted={gone} /> : null}
    </>
  );
}

function useTabSearch(deployment: DeploymentInfo, tab: string) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const set = (values: Partial<Record<keyof typeof search, string | undefined>>) => {
    void navigate({ to: '/deployments/$env/$name/$tab', params: { env: deployment.environment, name: deployment.name, tab }, search: values, replace: true });
  };
  return { search, set };
}

const NO_FIELDS: ContextFieldInfo[] = [];

function Execute({ deployment }: { deployment: DeploymentInfo }) {
  const variant = defaultVariant(deployment.live);
  const version = useVersion(variant?.model ?? '', variant === null ? '' : String(variant.model_version));
  const example = version.data?.example_input;
  if (variant !== null && version.isPending) return <div className="sw-skeleton"><BlockSkeleton height={420} /></div>;
  return (
    <ExecuteTab environment={deployment.environment} name={deployment.name} sample={example === undefined || example === null ? null : formatJson(example)}
      curlAddress={deployment.endpoint} fields={deployment.live?.routing?.fields ?? NO_FIELDS} signature={version.data?.signature?.producer === 'MLflow' ? null : version.data?.signature ?? null /* columns of a table are no fields of a body */} inputView={version.data?.input_view ?? null}
      form={bodyFormOf(variant?.runtime ?? null, version.data?.detected ?? '')} blocked={deployment.live === null ? 'Nothing is live here yet, so a request is refused until the first revision is.' : null} />
  );
}

function History({ deployment }: { deployment: DeploymentInfo }) {
  const { search, set } = useTabSearch(deployment, 'history');
  const revisions = useRevisions(deployment);
  const versions = useMemo(
    () => [...new Set((revisions.data ?? []).flatMap((one) => one.variants.map((variant) => variant.model_version)))].sort((a, b) => b - a), [revisions.data]);
  const { from, to, status, version, origin, variant, routing, open } = search;
  const filter = { from, to, status, version, origin, variant, routing };
  const variants = useMemo(() => [...new Set((revisions.data ?? []).flatMap((one) => one.variants.map((each) => each.name)))], [revisions.data]);
  return (
    <HistoryTab environment={deployment.environment} name={deployment.name} versions={versions} variants={variants} filter={filter} onFilter={set}
      open={open ?? null} onOpen={(id) => { set({ ...filter, open: id ?? undefined }); }} />
  );
}

function Routing({ deployment }: { deployment: DeploymentInfo }) {
  const [model, setModel] = useState(defaultVariant(deployment.live)?.model ?? '');
  const models = useModelChoices();
  return <RoutingTab deployment={deployment} models={models} versions={useVersionChoices(model)} onModel={setModel} />;
}

function Logs({ deployment }: { deployment: DeploymentInfo }) {
  const { search, set } = useTabSearch(deployment, 'logs');
  const { replica, level, q, request_id, view } = search;
  const variant = defaultVariant(deployment.live);
  const version = useVersion(variant?.model ?? '', variant === null ? '' : String(variant.model_version));
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      <div><SegmentedControl size="xs" aria-label="Which log" value={view === 'build' ? 'build' : 'output'} data={[{ value: 'output', label: 'Output of replicas' }, { value: 'build', label: 'Build log' }]}
        onChange={(value) => { set(value === 'build' ? { view: 'build' } : {}); }} /></div>
      {view !== 'build' ? <LogsTab environment={deployment.environment} name={deployment.name} filter={{ replica, level, q, request_id }} onFilter={(filter) => { set({ ...filter }); }} />
        : variant === null ? <EmptyState title="Nothing is live yet">The build log of a version is on the version’s page.</EmptyState> : (
          <QueryView query={version} title="The version could not be loaded" loading={<BlockSkeleton height={240} />}>
            {(data) => <BuildsPanel version={data} only={variant.base_image} title={`Builds of ${variant.model} v${variant.model_version}`} />}
          </QueryView>
        )}
    </div>
  );
}

function Live({ deployment }: { deployment: DeploymentInfo }) {
  const { environment, name } = deployment;
  return (
    <>
      <LiveActions deployment={deployment} />
      <LiveTab deployment={deployment} /><div style={{ height: 16 }} /><ReplicasTable environment={environment} name={name} />
    </>
  );
}

function Versions({ deployment }: { deployment: DeploymentInfo }) {
  const { search, set } = useTabSearch(deployment, 'versions');
  return <VersionsTab open={search.open === undefined ? null : Number(search.open)} onOpen={(number) => { set(number === null ? {} : { open: String(number) }); }} deployment={deployment} />;
}

function Rollout({ deployment }: { deployment: DeploymentInfo }) {
  const { search, set } = useTabSearch(deployment, 'rollout');
  return <RolloutTab environment={deployment.environment} name={deployment.name} shown={search.rollout ?? null} onShow={(rollout) => { set({ rollout: rollout ?? undefined }); }} />;
}

function Analytics({ deployment }: { deployment: DeploymentInfo }) {
  const { search, set } = useTabSearch(deployment, 'analytics');
  const rollouts = useRollouts(deployment);
  const events = useMemo(() => (rollouts.data ?? []).map((one) => ({ at: one.started_at, name: `→ r${one.to_revision}` })), [rollouts.data]);
  const { range, variant, view } = search;
  return (
    <AnalyticsTab environment={deployment.environment} name={deployment.name} range={RANGES.find((one) => one === range) ?? '1d'} onRange={(to) => { set({ range: to, variant, view }); }}
      shown={variant !== undefined ? { kind: 'one', variant } : { kind: view === 'variants' ? 'each' : 'together' }}
      onShown={(to) => { set({ range, variant: to.kind === 'one' ? to.variant : undefined, view: to.kind === 'each' ? 'variants' : undefined }); }} events={events} />
  );
}
