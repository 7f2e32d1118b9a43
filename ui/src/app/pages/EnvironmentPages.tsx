import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { EnvironmentPage } from '../../features/deployments/EnvironmentPage.tsx';
import { EnvironmentsPage } from '../../features/deployments/EnvironmentsPage.tsx';
import { useSession, useUsers } from '../../features/identity/api.ts';

function useWho() {
  const session = useSession();
  const mayEdit = session.data?.role === 'administrator';
  const users = useUsers(mayEdit);
  return { mayEdit, users: (users.data ?? []).map((user) => user.name) };
}

export function EnvironmentsRoute() {
  return <EnvironmentsPage {...useWho()} />;
}

const route = getRouteApi('/shell/admin/environments/$environment');

export function EnvironmentRoute() {
  const { environment } = route.useParams();
  const navigate = useNavigate();
  return <EnvironmentPage name={environment} {...useWho()} rights={useSession().data?.rights ?? []} onDeleted={() => { void navigate({ to: '/admin/environments' }); }} />;
}
