import { ActionIcon, AppShell, Burger, Button, Group, Kbd, Skeleton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState, type ErrorComponentProps } from '@tanstack/react-router';
import { BadgeCheck, Boxes, CalendarClock, ClipboardList, FlaskConical, KeyRound, Layers, LayoutDashboard, Rocket, Search, Server, ShieldCheck, Users, Webhook } from 'lucide-react';
import { useEffect, useState } from 'react';
import { ErrorState } from '../components/ErrorState.tsx';
import { useSession } from '../features/identity/api.ts';
import { Bell } from '../features/notifications/Bell.tsx';
import { followChanges } from '../lib/live.ts';
import { Brand } from './Brand.tsx';
import { CommandPalette } from './CommandPalette.tsx';
import { LiveIndicator } from './LiveIndicator.tsx';
import { UserMenu } from './UserMenu.tsx';

/** Frame of every page: navigation, search, live indicator, user menu. Asks to sign in when nobody is. */
export function Shell() {
  const session = useSession();
  const client = useQueryClient();
  const location = useRouterState({ select: (state) => state.location });
  const [menu, { toggle, close }] = useDisclosure();
  const [palette, { open: openPalette, close: closePalette }] = useDisclosure();
  useHotkeys([['mod+K', openPalette]], []);
  const user = session.data?.user;

  useEffect(() => (user === undefined ? undefined : followChanges(client)), [client, user]);
  useEffect(() => { close(); }, [location.pathname, close]);

  if (session.data === null) return <ToSignIn />;
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !menu } }} padding={{ base: 'sm', sm: 'lg' }}
      styles={{ header: { background: 'var(--sw-surface)', borderColor: 'var(--sw-line)' }, navbar: { background: 'var(--sw-ground)', borderColor: 'var(--sw-line)' } }}>
      <a href="#content" className="sw-skip">Skip to the content</a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={menu ? 'Close navigation' : 'Open navigation'} />
            <Link to="/" className="sw-brand" aria-label="Slipway, board"><Brand /></Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="xs" visibleFrom="sm" onClick={openPalette} leftSection={<Search size={13} aria-hidden />} rightSection={<Kbd size="xs">Ctrl K</Kbd>} c="dimmed" fw={400}>Search or go to…</Button>
            <ActionIcon variant="subtle" color="gray" hiddenFrom="sm" onClick={openPalette} aria-label="Search or go to"><Search size={16} aria-hidden /></ActionIcon>
            <LiveIndicator />
            <Bell />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm"><Navigation administrator={session.data?.role === 'administrator'} /></AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <div style={{ maxWidth: 1440 }}>
          {session.data !== undefined ? <Outlet />
            : session.error !== null ? <ErrorState error={session.error} title="The server could not be asked who you are" onRetry={() => { void session.refetch(); }} />
            : <div className="sw-skeleton" role="status" aria-label="Loading"><Skeleton height={26} width={180} mb={20} /><Skeleton height={220} radius={8} /></div>}
        </div>
      </AppShell.Main>
      <CommandPalette opened={palette} onClose={closePalette} administrator={session.data?.role === 'administrator'} />
    </AppShell>
  );
}

/** Goes to sign in, once, and from there back to where one was. */
function ToSignIn() {
  const navigate = useNavigate();
  const here = useRouterState({ select: (state) => state.location.pathname + state.location.searchStr });
  const [next] = useState(here);
  useEffect(() => { void navigate({ to: '/sign-in', search: next === '/' ? {} : { next }, replace: true }); }, [navigate, next]);
  return null;
}

function Navigation({ administrator }: { administrator: boolean }) {
  return (
    <nav className="sw-nav" aria-label="Main">
      <Link to="/" activeOptions={{ exact: true }}><LayoutDashboard size={16} aria-hidden /> Board</Link>
      <Link to="/deployments" activeOptions={{ includeSearch: false }}><Rocket size={16} aria-hidden /> Deployments</Link>
      <Link to="/models" activeOptions={{ includeSearch: false }}><Boxes size={16} aria-hidden /> Models</Link>
      <Link to="/experiments" activeOptions={{ includeSearch: false }}><FlaskConical size={16} aria-hidden /> Experiments</Link>
      <Link to="/approvals" activeOptions={{ includeSearch: false }}><BadgeCheck size={16} aria-hidden /> Approvals</Link>
      <Link to="/schedules" activeOptions={{ includeSearch: false }}><CalendarClock size={16} aria-hidden /> Schedules</Link>
      {administrator ? (
        <>
          <div className="sw-group" id="nav-admin">Admin</div>
          <Link to="/admin/users"><Users size={16} aria-hidden /> Users</Link>
          <Link to="/admin/keys"><KeyRound size={16} aria-hidden /> Keys</Link>
          <Link to="/admin/protections"><ShieldCheck size={16} aria-hidden /> Protected stages</Link>
          <Link to="/admin/webhooks" activeOptions={{ includeSearch: false }}><Webhook size={16} aria-hidden /> Webhooks</Link>
          <Link to="/admin/audit" activeOptions={{ includeSearch: false }}><ClipboardList size={16} aria-hidden /> Audit</Link>
        </>
      ) : <div style={{ height: 8 }} />}
      <Link to="/admin/environments" activeOptions={{ exact: false }}><Layers size={16} aria-hidden /> Environments</Link>
      <Link to="/admin/system"><Server size={16} aria-hidden /> System</Link>
    </nav>
  );
}

/** A page that broke while it was drawn, or whose code could not be loaded. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  return <div style={{ padding: 24, maxWidth: 640 }}><ErrorState error={error} title="This page broke" onRetry={reset} /></div>;
}
