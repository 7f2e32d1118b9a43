import { ActionIcon, Button, Group, Menu, Modal, Select, Stack, TextInput } from '@mantine/core';
import { Ellipsis, UserPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { Role, UserInfo } from '../../lib/wire.ts';
import { useCreateUser, useDeleteUser, useSession, useSignInLink, useUpdateUser, useUsers } from './api.ts';
import { OnceSecret } from './OnceSecret.tsx';

const ROLES: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer: reads, predicts' },
  { value: 'analyst', label: 'Analyst: registers models, deploys to development' },
  { value: 'manager', label: 'Manager: operates production' },
  { value: 'administrator', label: 'Administrator: everything' },
];
const asRole = (value: string | null): Role => ROLES.find((role) => role.value === value)?.value ?? 'viewer';

export function UsersPage() {
  const users = useUsers();
  const session = useSession();
  const link = useSignInLink();
  const update = useUpdateUser();
  const remove = useDeleteUser();
  const [creating, setCreating] = useState(false);
  const [changing, setChanging] = useState<UserInfo | null>(null);
  const [deleting, setDeleting] = useState<UserInfo | null>(null);
  const [shown, setShown] = useState<{ name: string; url: string } | null>(null);

  const makeLink = (name: string) => { link.mutate(name, { onSuccess: (made) => { setShown({ name, url: made.url }); }, onError: toastError }); };
  const columns: Column<UserInfo>[] = [
      { id: 'name', header: 'Name', fixed: true, sort: (user) => user.name, cell: (user) => <strong>{user.name}</strong> },
      { id: 'role', header: 'Role', sort: (user) => user.role, cell: (user) => user.role },
      { id: 'email', header: 'Email', sort: (user) => user.email, cell: (user) => user.email ?? <span className="sw-dim">–</span> },
      {
        id: 'state', header: 'State', sort: (user) => Number(user.disabled),
        cell: (user) => <StateBadge state={user.disabled
          ? { tone: 'rest', word: 'Disabled', meaning: 'Cannot sign in; its keys do not work.' }
          : { tone: 'well', word: 'Enabled', meaning: 'May sign in.' }} />,
      },
      { id: 'password', header: 'Password', cell: (user) => (user.has_password ? 'set' : <span className="sw-dim">none</span>) },
      { id: 'seen', header: 'Last sign-in', sort: (user) => user.last_sign_in_at, cell: (user) => <RelativeTime at={user.last_sign_in_at} /> },
      {
        id: 'menu', header: '', fixed: true,
        cell: (user) => (
          <Menu position="bottom-end">
            <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${user.name}`}><Ellipsis size={16} aria-hidden /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => { makeLink(user.name); }}>Make sign-in link</Menu.Item>
              <Menu.Item onClick={() => { setChanging(user); }}>Change role</Menu.Item>
              {user.name === session.data?.user ? null : (
                <>
                  <Menu.Item onClick={() => {
                    update.mutate({ name: user.name, disabled: !user.disabled }, { onSuccess: () => { toast(`${user.name} is ${user.disabled ? 'enabled' : 'disabled'}.`); }, onError: toastError });
                  }}>{user.disabled ? 'Enable' : 'Disable'}</Menu.Item>
                  <Menu.Item c="var(--sw-broken)" onClick={() => { setDeleting(user); }}>Delete…</Menu.Item>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        ),
      },
  ];
  return (
    <>
      <PageHead title="Users" tab="Users" lead="People and programs that may use this server. A new user signs in with a one-time link.">
        <Button leftSection={<UserPlus size={15} aria-hidden />} onClick={() => { setCreating(true); }}>New user</Button>
      </PageHead>
      <Panel flush>
        <QueryView query={users} title="The users could not be loaded" loading={<TableSkeleton />} empty={<EmptyState title="No users" command="slipway users create NAME" />}>
          {(rows) => <DataTable name="users" label="Users" rows={rows} columns={columns} rowKey={(user) => user.name} />}
        </QueryView>
      </Panel>
      <UserForm opened={creating} onClose={() => { setCreating(false); }} onCreated={(name) => { setCreating(false); makeLink(name); }} />
      <RoleForm user={changing} onClose={() => { setChanging(null); }} />
      <OnceSecret title={`Sign-in link for ${shown?.name ?? ''}`} label="Link" value={shown?.url ?? null}
        note="It works once and is not shown again. Whoever opens it is signed in as this user." onClose={() => { setShown(null); }} />
      <ConfirmDialog opened={deleting !== null} title={`Delete ${deleting?.name ?? ''}`} action="Delete user" danger typed={deleting?.name}
        run={() => remove.mutateAsync(deleting?.name ?? '')} onClose={() => { setDeleting(null); }}>
        The user can no longer sign in and their API keys stop working. What they made stays.
      </ConfirmDialog>
    </>
  );
}

function UserForm({ opened, onClose, onCreated }: { opened: boolean; onClose: () => void; onCreated: (name: string) => void }) {
  return <GuardedModal opened={opened} onClose={onClose} title="New user" centered>{opened ? <UserFields onClose={onClose} onCreated={onCreated} /> : null}</GuardedModal>;
}

function UserFields({ onClose, onCreated }: { onClose: () => void; onCreated: (name: string) => void }) {
  const create = useCreateUser();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('analyst');
  const refusal = create.error instanceof ApiError ? create.error : null;
  const submit = () => {
    create.mutate({ name, role, email: email === '' ? null : email }, { onSuccess: (user) => { onCreated(user.name); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="sm">
        <TextInput label="Name" description="Lower case; also the scope in the addresses of their deployments" required value={name} error={refusal?.field('name')}
          onChange={(event) => { setName(event.currentTarget.value); }} data-autofocus />
        <Select label="Role" data={ROLES} value={role} allowDeselect={false} error={refusal?.field('role')} onChange={(value) => { setRole(asRole(value)); }} />
        <TextInput label="Email" type="email" value={email} error={refusal?.field('email')} onChange={(event) => { setEmail(event.currentTarget.value); }} />
        {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The user was not created" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending}>Create user</Button>
        </Group>
      </Stack>
    </form>
  );
}

function RoleForm({ user, onClose }: { user: UserInfo | null; onClose: () => void }) {
  const update = useUpdateUser();
  const [role, setRole] = useState<Role | null>(null);
  const chosen = useMemo(() => role ?? user?.role ?? 'viewer', [role, user]);
  const close = () => { setRole(null); update.reset(); onClose(); };
  return (
    <Modal opened={user !== null} onClose={close} title={`Role of ${user?.name ?? ''}`} centered>
      <Stack gap="md">
        <Select label="Role" data={ROLES} value={chosen} allowDeselect={false} onChange={(value) => { setRole(asRole(value)); }} />
        {update.error === null ? null : <ErrorState error={update.error} title="The role was not changed" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button loading={update.isPending} onClick={() => { if (user !== null) update.mutate({ name: user.name, role: chosen }, { onSuccess: close }); }}>Change role</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
