import { Button } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { Needs } from '../../components/Needs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { useP95 } from '../../features/analytics/api.ts';
import { useDeployments } from '../../features/deployments/api.ts';
import { DeploymentsTable } from '../../features/deployments/DeploymentsTable.tsx';

const route = getRouteApi('/shell/deployments');
/** Percentiles cost a request each, so only so many rows ask for theirs. */
const WITH_P95 = 30;

export function DeploymentsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const shown = useDeployments(filter).data ?? [];
  const p95 = useP95(shown.filter((one) => one.requests_per_minute.some((count) => count > 0)).slice(0, WITH_P95));
  return (
    <>
      <PageHead title="Deployments" tab="Deployments">
        <Needs right="deploy_to_development"><Button component={Link} to="/deployments/new" leftSection={<Plus size={15} aria-hidden />}>New deployment</Button></Needs>
      </PageHead>
      <DeploymentsTable filter={filter} onFilter={(search) => { void navigate({ to: '/deployments', search, replace: true }); }} p95={(one) => p95.get(`${one.environment}/${one.name}`)} />
    </>
  );
}
