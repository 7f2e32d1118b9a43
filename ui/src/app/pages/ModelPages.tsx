import { getRouteApi, useNavigate } from '@tanstack/react-router';
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
  return <ModelPage model={params.model} />;
}

export function VersionRoute() {
  const params = version.useParams();
  return <VersionPage model={params.model} version={params.version} />;
}
