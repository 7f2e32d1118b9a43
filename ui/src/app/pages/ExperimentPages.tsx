import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { ComparePage } from '../../features/experiments/ComparePage.tsx';
import { ExperimentPage } from '../../features/experiments/ExperimentPage.tsx';
import { ExperimentsPage } from '../../features/experiments/ExperimentsPage.tsx';
import { RunPage } from '../../features/experiments/RunPage.tsx';
import { RegisterArtifactButton } from '../../features/registry/RegisterArtifactButton.tsx';

const experiments = getRouteApi('/shell/experiments');
const experiment = getRouteApi('/shell/experiments/$experiment');
const run = getRouteApi('/shell/runs/$run');
const compare = getRouteApi('/shell/compare-runs');

export function ExperimentsRoute() {
  const navigate = useNavigate();
  return <ExperimentsPage filter={experiments.useSearch()} onFilter={(search) => { void navigate({ to: '/experiments', search, replace: true }); }} />;
}

export function ExperimentRoute() {
  const navigate = useNavigate();
  const params = experiment.useParams();
  return <ExperimentPage id={params.experiment} filter={experiment.useSearch()} onFilter={(search) => { void navigate({ to: '/experiments/$experiment', params, search, replace: true }); }} />;
}

export function RunRoute() {
  return <RunPage id={run.useParams().run} register={(detail) => (detail.run.deleted_at === null ? <RegisterArtifactButton run={detail.run.id} /> : null)} />;
}

export function CompareRoute() {
  const navigate = useNavigate();
  return <ComparePage choice={compare.useSearch()} onChoice={(search) => { void navigate({ to: '/compare-runs', search, replace: true }); }} />;
}
