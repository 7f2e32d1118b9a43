import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { ApiError } from '../../lib/http.ts';
import type { KeyInfo, KeyScope } from '../../lib/wire.ts';
import { useCreateKey, useKeys, useRevokeKey } from './api.ts';
import { OnceSecret } from './OnceSecret.tsx';

const stateOf = (key: KeyInfo) => {
  if (key.revoked) return { tone: 'rest', word: 'Revoked', meaning: 'It no longer works.' } as const;
  if (key.expires_at !== null && new Date(key.expires_at).getTime() < Date.now()) return { tone: 'rest', word: 'Expired', meaning: 'It no longer works.' } as const;
  return { tone: 'well', word: 'Valid', meaning: 'It works.' } as const;
};

/** API keys: one's own, or everybody's. A new one is shown once. */
export function KeysPanel({ all }: { all: boolean }) {
  const keys = useKeys(all);
  const revoke = useRevokeKey();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<KeyInfo | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const columns: Column<KeyInfo>[] = [
    { id: 'name', header: 'Name', fixed: true, sort: (key) => key.name, cell: (key) => <strong>{key.name}</strong> },
    { id: 'prefix', header: 'Begins with', cell: (key) => <span className="sw-mono">{key.prefix}…</span> },
    ...(all ? [{ id: 'user', header: 'User', sort: (key: KeyInfo) => key.user, cell: (key: KeyInfo) => key.user }] : []),
    { id: 'scopes', header: 'May', cell: (key) => (key.scopes.length === 0 ? 'all that its user may' : key.scopes.join(', ')) },
    { id: 'environment', header: 'Default environment', cell: (key) => key.default_environment ?? 'production' },
    { id: 'state', header: 'State', cell: (key) => <StateBadge state={stateOf(key)} /> },
    { id: 'expires', header: 'Expires', sort: (key) => key.expires_at, cell: (key) => (key.expires_at === null ? 'never' : <RelativeTime at={key.expires_at} />) },
    { id: 'used', header: 'Last used', sort: (key) => key.last_used_at, cell: (key) => (key.last_used_at === null ? 'never' : <RelativeTime at={key.last_used_at} />) },
    {
      id: 'revoke', header: '', fixed: true,
      cell: (key) => (key.revoked ? null : <Button size="compact-xs" variant="default" onClick={() => { setRevoking(key); }} aria-label={`Revoke ${key.name}`}>Revoke</Button>),
    },
  ];
  return (
    <>
      <Panel title={all ? 'All keys' : 'API keys'} flush actions={(
        <Button size="xs" leftSection={<KeyRound size={14} aria-hidden />} onClick={() => { setCreating(true); }}>New key</Button>
      )}>
        <QueryView query={keys} title="The keys could not be loaded" loading={<TableSkeleton rows={3} />}
          empty={<div style={{ padding: 14 }}><EmptyState title="No API keys yet" command="slipway keys create NAME">Programs send a key to call predictions and the API.</EmptyState></div>}>
          {(rows) => <DataTable name="keys" label="API keys" rows={rows} columns={columns} rowKey={(key) => key.id} />}
        </QueryView>
      </Panel>
      <KeyForm opened={creating} onClose={() => { setCreating(false); }} onCreated={(key) => { setCreating(false); setSecret(key); }} />
      <OnceSecret title="Your new key" label="Key" value={secret} note="It is stored hashed and is not shown again." onClose={() => { setSecret(null); }} />
      <ConfirmDialog opened={revoking !== null} title={`Revoke ${revoking?.name ?? ''}`} action="Revoke key" danger
        run={() => revoke.mutateAsync(revoking?.id ?? '')} onClose={() => { setRevoking(null); }}>
        Programs that use the key are refused from now on. This cannot be undone.
      </ConfirmDialog>
    </>
  );
}

const SCOPES: { value: KeyScope; label: string }[] = [
  { value: 'predict', label: 'predict: call deployments' },
  { value: 'read', label: 'read: see models, deployments, logs, history' },
  { value: 'write', label: 'write: change what its user may change' },
  { value: 'train', label: 'train: read, and write experiments, models and versions' },
];

function KeyForm({ opened, onClose, onCreated }: { opened: boolean; onClose: () => void; onCreated: (key: string) => void }) {
  return <GuardedModal opened={opened} onClose={onClose} title="New API key" centered>{opened ? <KeyFields onClose={onClose} onCreated={onCreated} /> : null}</GuardedModal>;
}

function KeyFields({ onClose, onCreated }: { onClose: () => void; onCreated: (key: string) => void }) {
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<KeyScope[]>([]);
  const [days, setDays] = useState('90');
  const [environment, setEnvironment] = useState('');
  const refusal = create.error instanceof ApiError ? create.error : null;
  const submit = () => {
    create.mutate({ name, scopes, expires_in_days: days === '' ? null : Number(days), default_environment: environment === '' ? null : environment },
      { onSuccess: (made) => { onCreated(made.key); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="sm">
        <TextInput label="Name" description="What will use it, for example “billing job”" required value={name} error={refusal?.field('name')} data-autofocus
          onChange={(event) => { setName(event.currentTarget.value); }} />
        <Checkbox.Group label="May" description="Nothing chosen: all that you may do" value={scopes}
          onChange={(values) => { setScopes(SCOPES.map((scope) => scope.value).filter((scope) => values.includes(scope))); }}>
          <Stack gap={6} mt={6}>{SCOPES.map((scope) => <Checkbox key={scope.value} value={scope.value} label={scope.label} />)}</Stack>
        </Checkbox.Group>
        <NativeSelect label="Expires" value={days} error={refusal?.field('expires_in_days')} onChange={(event) => { setDays(event.currentTarget.value); }}
          data={[{ value: '7', label: 'in 7 days' }, { value: '30', label: 'in 30 days' }, { value: '90', label: 'in 90 days' }, { value: '180', label: 'in 180 days' }, { value: '365', label: 'in a year' }, { value: '', label: 'never' }]} />
        <TextInput label="Default environment" description="Used by addresses without one; empty: production" value={environment} error={refusal?.field('default_environment')}
          onChange={(event) => { setEnvironment(event.currentTarget.value); }} />
        {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The key was not created" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending}>Create key</Button>
        </Group>
      </Stack>
    </form>
  );
}
