import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { PageHead } from '../../components/PageHead.tsx';
import { useSession } from '../../features/identity/api.ts';
import { AuditPage } from '../../features/identity/AuditPage.tsx';
import { KeysPanel } from '../../features/identity/KeysPanel.tsx';
import { PasswordPanel } from '../../features/identity/PasswordPanel.tsx';
import { PreferencesPanel } from '../../features/notifications/PreferencesPanel.tsx';

/** One's own keys, messages and password. */
export function AccountPage() {
  const session = useSession();
  return (
    <>
      <PageHead title="My account" tab="My account" lead={session.data == null ? undefined : `${session.data.user}, ${session.data.role}`} />
      <div style={{ display: 'grid', gap: 16 }}>
        <KeysPanel all={false} />
        <div id="notifications"><PreferencesPanel /></div>
        <div id="password"><PasswordPanel /></div>
      </div>
    </>
  );
}

export function AllKeysPage() {
  return (
    <>
      <PageHead title="Keys" tab="Keys" lead="API keys of all users. A key can be revoked here, never read again." />
      <KeysPanel all />
    </>
  );
}

const audit = getRouteApi('/shell/admin/audit');

export function AuditRoute() {
  const filter = audit.useSearch();
  const navigate = useNavigate();
  return <AuditPage filter={filter} onFilter={(search) => { void navigate({ to: '/admin/audit', search, replace: true }); }} />;
}
