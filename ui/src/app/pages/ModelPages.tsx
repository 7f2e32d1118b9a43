import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useAllDeployments } from '../../features/deployments/api.ts';
import { ModelPage } from '../../features/registry/ModelPage.tsx';
import { ModelsPage } from '../../features/registry/ModelsPage.tsx';
import { VersionPage } from '../../features/registry/VersionPage.tsx';

const models = getRouteApi('/shell/models');
const model = getRouteApi('/shell/models/$model');
const version = getRouteApi('/shell/models/$model/$version');

export function ModelsRoute() {
  const navigate = useNavigate();
  return <ModelsPage filter={models.useSearch()} onFilter={(search) => { void navigate({ to: '/models', search, replace: true }); }} />;
}

export function ModelRoute() {
  const params = model.useParams();
  return <ModelPage model={params.model} deployments={<DeploymentsOf model={params.model} />} />;
}

/** Every deployment whose live revision uses the model. */
function DeploymentsOf({ model: name }: { model: string }) {
  const deployments = useAllDeployments();
  return (
    <Panel title="Deployments">
      <QueryView query={deployments} title="The deployments could not be loaded" loading={<BlockSkeleton height={60} />}>
        {(all) => {
          const using = all.flatMap((one) => (one.live?.variants ?? []).filter((variant) => variant.model === name).map((variant) => ({ one, variant })));
          return using.length === 0 ? <span className="sw-dim">No deployment uses this model.</span> : (
            <dl className="sw-facts">
              {using.map(({ one, variant }) => (
                <div key={`${one.environment}/${one.name}/${variant.name}`} style={{ display: 'contents' }}>
                  <dt>{one.environment}</dt>
                  <dd style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
                    <Link to="/deployments/$env/$name" params={{ env: one.environment, name: one.name }} className="sw-link">{one.name}</Link>
                    <span className="sw-num">v{variant.model_version}</span><StateOf kind="deployments" value={one.status} />
                    <span className="sw-dim">{one.replicas_ready} of {one.replicas_wanted} replicas ready</span>
                  </dd>
                </div>
              ))}
            </dl>
          );
        }}
      </QueryView>
    </Panel>
  );
}

export function VersionRoute() {
  const params = version.useParams();
  return <VersionPage model={params.model} version={params.version} />;
}
