import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useRun } from '../../features/experiments/api.ts';
import { nameOf } from '../../features/experiments/facts.ts';
import { useSession, useUsers } from '../../features/identity/api.ts';
import { ComparePage } from '../../features/registry/ComparePage.tsx';
import { ModelPage } from '../../features/registry/ModelPage.tsx';
import { ModelsPage } from '../../features/registry/ModelsPage.tsx';
import { ProtectionPanel } from '../../features/registry/ProtectionPanel.tsx';
import { VersionPage } from '../../features/registry/VersionPage.tsx';
import { useEnvironmentNames } from './choices.ts';

const models = getRouteApi('/shell/models');
const model = getRouteApi('/shell/models/$model');
const version = getRouteApi('/shell/models/$model/$version');
const compare = getRouteApi('/shell/models/$model/compare/$versions');

export function ModelsRoute() {
  const navigate = useNavigate();
  return <ModelsPage filter={models.useSearch()} onFilter={(search) => { void navigate({ to: '/models', search, replace: true }); }} />;
}

export function ModelRoute() {
  const name = model.useParams().model;
  const administrator = useSession().data?.role === 'administrator';
  const users = useUsers(administrator);
  return (
    <ModelPage model={name} tab={model.useSearch().tab} environments={useEnvironmentNames()}
      protection={<ProtectionPanel model={name} administrator={administrator} users={users.data?.map((user) => user.name)} />} />
  );
}

export function VersionRoute() {
  const params = version.useParams();
  return <VersionPage model={params.model} version={params.version} tab={version.useSearch().tab} environments={useEnvironmentNames()} source={(found) => (found.source_run_id === null ? null : <SourceOf run={found.source_run_id} path={found.source ?? ''} />)} />;
}

/** Experiment and run that a version was made of; of a run that is gone the version knows the id. */
function SourceOf({ run: id, path }: { run: string; path: string }) {
  const run = useRun(id).data?.run;
  return (
    <span>
      {run === undefined ? <span className="sw-mono" title={id}>run {id.slice(0, 8)}</span> : (
        <><Link to="/experiments/$experiment" params={{ experiment: run.experiment_id }} className="sw-link">{run.experiment_name}</Link> / <Link to="/runs/$run" params={{ run: id }} className="sw-link">{nameOf(run)}</Link></>
      )}
      <span className="sw-mono sw-dim sw-break"> {path.split('/').slice(2).join('/')}</span>
    </span>
  );
}

const list = (text: string | undefined) => (text ?? '').split(',').filter((one) => one !== '');

export function CompareRoute() {
  const params = compare.useParams();
  const search = compare.useSearch();
  const navigate = useNavigate();
  const go = (versions: string[], lower: string[], higher: string[]) => {
    void navigate({
      to: '/models/$model/compare/$versions', params: { model: params.model, versions: versions.join('...') }, replace: true,
      search: { lower: lower.length === 0 ? undefined : lower.join(','), higher: higher.length === 0 ? undefined : higher.join(',') },
    });
  };
  const [versions, lower, higher] = [params.versions.split('...').filter((one) => one !== ''), list(search.lower), list(search.higher)];
  return (
    <ComparePage model={params.model} versions={versions} directions={{ lower, higher }} onVersions={(next) => { go(next, lower, higher); }}
      onDirections={(next) => { go(versions, next.lower, next.higher); }} />
  );
}
