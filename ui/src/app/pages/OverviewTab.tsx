import { Link } from '@tanstack/react-router';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { useDraft, useEnvironments } from '../../features/deployments/api.ts';
import { strategyWords } from '../../features/deployments/environments.ts';
import { DraftChanges } from '../../features/deployments/DraftChanges.tsx';
import { defaultVariant, packageAsk } from '../../features/deployments/facts.ts';
import { useVersion } from '../../features/registry/api.ts';
import { BuildsPanel } from '../../features/registry/BuildsPanel.tsx';
import { FilesPanel } from '../../features/registry/FilesPanel.tsx';
import { LimitWords, ReplicasTable } from '../../features/replicas/ReplicasTable.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo, VariantInfo } from '../../lib/wire.ts';

/** What runs here: facts, replicas, the code and objects of the live version, its packages. */
export function OverviewTab({ deployment }: { deployment: DeploymentInfo }) {
  const variant = defaultVariant(deployment.live);
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16, alignItems: 'start' }}>
        <Panel title="Info">
          <Facts facts={[
            ['Name', deployment.name],
            ['Type', `${deployment.kind}${variant === null ? '' : `, ${variant.runtime}`}`],
            ['Replicas', `${deployment.replicas_ready} ready of ${deployment.replicas_wanted} wanted (minimum ${deployment.min_replicas}, maximum ${deployment.max_replicas}${(deployment.live?.variants.length ?? 1) > 1 ? ' of each variant' : ''})`],
            ['Version', variant === null ? 'nothing live yet' : (
              <span key="v">{deployment.mode === 'live' && deployment.draft !== null && !deployment.draft.is_frozen ? `${deployment.draft.name}, a draft on top of ` : ''}<Link to="/models/$model/$version" params={{ model: variant.model, version: String(variant.model_version) }} className="sw-link">{variant.model} v{variant.model_version}</Link></span>
            )],
            ['Endpoint', <Address key="e" value={deployment.endpoint} what="endpoint" />],
            ['Invocations', <Address key="i" value={deployment.invocations_endpoint} what="invocations address" />],
            ['Owner', deployment.owner],
            ['Created', <RelativeTime key="c" at={deployment.created_at} />],
            ['Changed', <RelativeTime key="u" at={deployment.updated_at} />],
            ['Labels', Object.keys(deployment.labels).length === 0 ? '–' : <span key="l" className="sw-mono">{Object.entries(deployment.labels).map(([key, value]) => `${key}=${value}`).join(', ')}</span>],
          ]} />
        </Panel>
        <Panel title="Resources and limits">
          <Facts facts={[
            ['CPU', variant === null ? '–' : `${plural(variant.resources.cpu_cores, 'core')} a replica`],
            ['Memory', variant === null ? '–' : `${variant.resources.memory_mib} MiB a replica${packageAsk(variant)}`],
            ['GPU', variant === null || variant.resources.gpu_count === 0 ? 'none' : `${variant.resources.gpu_count} ${variant.resources.gpu_type ?? ''} a replica`],
            ['Storage', variant?.resources.storage_gb == null ? 'not said' : `${variant.resources.storage_gb} GB a replica`],
            ['Network', variant?.resources.network_mbps == null ? 'not said' : `${variant.resources.network_mbps} Mbps a replica`],
            ['Limits', <LimitWords key="l" environment={deployment.environment} name={deployment.name} />],
            ['Runs', variant === null ? '–' : variant.placement === 'gateway' ? 'in the gateway’s process: nothing contains it, and CPU and memory are not held to' : 'in processes of its own'],
            ['Base image', variant === null ? '–' : <span key="b" className="sw-mono">{variant.base_image}</span>],
            ['Scaling', deployment.autoscaling.enabled ? `follows the load: ${deployment.autoscaling.concurrency_target} at a time per replica, at ${deployment.autoscaling.target_utilization_percentage} %` : 'by hand'],
            ['Strategy', deployment.mode === 'live' ? 'replaced: the old replica goes, then the new one comes' : environment === undefined ? '–' : strategyWords(deployment, environment)],
            ['Health checks', `a ping every ${deployment.health_check.interval_seconds} s; no requests after ${deployment.health_check.stop_traffic_threshold_seconds} s of silence, restart after ${deployment.health_check.restart_threshold_seconds} s${deployment.health_check.path == null ? '' : `; a program is asked at ${deployment.health_check.path}`}`],
            ['Load balancing', deployment.load_balancer.enabled ? `${deployment.load_balancing.replaceAll('_', ' ')}${deployment.load_balancer.sticky === 'none' ? '' : `, sticky by ${deployment.load_balancer.sticky} ${deployment.load_balancer.sticky_name ?? ''}`}` : 'off'],
            ['Time limit', `${deployment.timeout_seconds} s a request`],
            ['Repeatable', deployment.idempotent ? 'yes, a lost request is sent again' : 'no'],
          ]} />
        </Panel>
      </div>
      <ReplicasTable environment={deployment.environment} name={deployment.name} />
      {variant === null
        ? <EmptyState title="No revision is live yet">Code, objects and packages of the live version appear here. The rollout’s progress is above, its steps under Versions.</EmptyState>
        : <LiveVersion deployment={deployment} variant={variant} />}
    </div>
  );
}

function LiveVersion({ deployment, variant }: { deployment: DeploymentInfo; variant: VariantInfo }) {
  const { environment, name } = deployment;
  const edited = deployment.mode === 'live' && deployment.draft !== null && (!deployment.draft.is_frozen || deployment.draft.error !== null);
  const draft = useDraft(deployment, edited);
  const version = useVersion(variant.model, String(variant.model_version));
  return (
    <QueryView query={version} title="The live version could not be loaded" loading={<BlockSkeleton height={320} />}>
      {(data) => (
        <>
          {!edited || draft.error === null ? null : <ErrorState error={draft.error} title="The draft could not be loaded" />}
          {edited && draft.data !== undefined && draft.data.hash !== draft.data.running_hash
            ? <Notice tone="look">These are the newest files; {draft.data.name} goes on answering until they load.</Notice> : null}
          {edited && draft.isPending ? <BlockSkeleton height={320} />
            : <FilesPanel version={data} draft={edited && draft.data !== undefined ? { name: `draft@${draft.data.hash.slice(0, 12)}`, hash: draft.data.hash, files: draft.data.files, address: (path) => paths.draftFile(environment, name, path), changes: <DraftChanges deployment={{ environment, name }} hash={draft.data.hash} /> } : null} />}
          <BuildsPanel version={data} only={variant.base_image} title="Packages" />
        </>
      )}
    </QueryView>
  );
}

function Address({ value, what }: { value: string; what: string }) {
  return <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center', maxWidth: '100%' }}><span className="sw-mono sw-break">{value}</span><CopyButton value={value} what={what} /></span>;
}
