import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { ComparePage } from '../../features/registry/ComparePage.tsx';
import { ModelPage } from '../../features/registry/ModelPage.tsx';
import { ModelsPage } from '../../features/registry/ModelsPage.tsx';
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
  return <ModelPage model={model.useParams().model} tab={model.useSearch().tab} environments={useEnvironmentNames()} />;
}

export function VersionRoute() {
  const params = version.useParams();
  return <VersionPage model={params.model} version={params.version} tab={version.useSearch().tab} environments={useEnvironmentNames()} />;
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
