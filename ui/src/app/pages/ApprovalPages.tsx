import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { PageHead } from '../../components/PageHead.tsx';
import { versionOf } from '../../features/approvals/api.ts';
import { ApprovalPage } from '../../features/approvals/ApprovalPage.tsx';
import { ApprovalsPage } from '../../features/approvals/ApprovalsPage.tsx';
import { useSession, useUsers } from '../../features/identity/api.ts';
import { LineagePanel } from '../../features/registry/LineagePanel.tsx';
import { ProtectionPanel } from '../../features/registry/ProtectionPanel.tsx';

const approvals = getRouteApi('/shell/approvals');
const approval = getRouteApi('/shell/approvals/$id');

export function ApprovalsRoute() {
  const filter = approvals.useSearch();
  const navigate = useNavigate();
  return <ApprovalsPage state={filter.state} mine={filter.mine} onFilter={(search) => { void navigate({ to: '/approvals', search, replace: true }); }} />;
}

export function ApprovalRoute() {
  return <ApprovalPage id={approval.useParams().id} lineage={(request) => { const about = versionOf(request); return about === null ? null : <LineagePanel model={about.model} version={about.version} />; }} />;
}

/** Every rule that protects a stage. */
export function ProtectionsRoute() {
  const administrator = useSession().data?.role === 'administrator';
  const users = useUsers(administrator);
  return (
    <>
      <PageHead title="Protected stages" tab="Protected stages" lead="Versions come into a protected stage, and leave it, by approval only. A rule for every model holds where a model has none of its own." />
      <ProtectionPanel model={null} administrator={administrator} users={users.data?.map((user) => user.name)} />
    </>
  );
}
