import { Link } from '@tanstack/react-router';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useModelDeployments } from './recordApi.ts';

const USES = { live: 'live', rolling_out: 'rolling out', earlier: 'earlier' };

/** Every deployment that runs, or has run, a version of the model; of one version when it is given. */
export function ModelDeploymentsPanel({ model, version }: { model: string; version?: number }) {
  const deployments = useModelDeployments(model);
  return (
    <Panel title="Deployments">
      <QueryView query={deployments} title="The deployments could not be loaded" loading={<BlockSkeleton height={60} />}>
        {(all) => {
          const shown = all.filter((one) => version === undefined || one.version === version);
          return shown.length === 0 ? <span className="sw-dim">{version === undefined ? 'No deployment uses this model.' : 'No deployment uses this version.'}</span> : (
            <ul aria-label="Deployments" style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 8 }}>
              {shown.map(({ version: number, deployment: one }) => (
                <li key={`${one.environment}/${one.name}/${number}`} style={{ display: 'flex', gap: 8, flexWrap: 'wrap', alignItems: 'center' }}>
                  <Link to="/deployments/$env/$name" params={{ env: one.environment, name: one.name }} className="sw-link">{one.environment}/{one.name}</Link>
                  {version === undefined ? <Link to="/models/$model/$version" params={{ model, version: String(number) }} className="sw-num">v{number}</Link> : null}
                  {one.use === 'live' ? <StateOf kind="deployments" value={one.status} /> : <span className="sw-dim">{USES[one.use]}, revision {one.revision}</span>}
                </li>
              ))}
            </ul>
          );
        }}
      </QueryView>
    </Panel>
  );
}
