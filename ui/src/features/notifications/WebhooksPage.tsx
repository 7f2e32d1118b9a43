import { ActionIcon, Button, Group, Menu, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { Ellipsis, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { EventTypeInfo, WebhookInfo, WebhookSecret } from '../../lib/wireApprovals.ts';
import { DeliveriesPanel } from './DeliveriesPanel.tsx';
import { eventGroups, shortType, useEventTypes, useManageWebhooks, useWebhooks, webhookWord } from './webhooks.ts';

export interface WebhooksFilter { webhook?: string; state?: string; delivery?: string }

/** Addresses that are told of events, and what they were sent. `secretDialog` shows a secret this once. */
export function WebhooksPage({ filter, onFilter, secretDialog }: { filter: WebhooksFilter; onFilter: (filter: WebhooksFilter) => void; secretDialog: (made: WebhookSecret | null, onClose: () => void) => ReactNode }) {
  const webhooks = useWebhooks();
  const manage = useManageWebhooks();
  const [editing, setEditing] = useState<{ webhook: WebhookInfo | null } | null>(null);
  const [deleting, setDeleting] = useState<WebhookInfo | null>(null);
  const [rotating, setRotating] = useState<WebhookInfo | null>(null);
  const [made, setMade] = useState<WebhookSecret | null>(null);
  const columns: Column<WebhookInfo>[] = [
    { id: 'name', header: 'Name', fixed: true, sort: (one) => one.name, cell: (one) => <strong>{one.name}</strong> },
    { id: 'url', header: 'Address', cell: (one) => <span className="sw-mono sw-break">{one.url}</span> },
    { id: 'status', header: 'State', fixed: true, sort: (one) => one.status, cell: (one) => <StateBadge state={webhookWord(one)} /> },
    { id: 'events', header: 'Events', cell: (one) => (one.events.length === 0 ? 'all' : one.events.map(shortType).join(', ')) },
    { id: 'pending', header: 'Pending', numeric: true, sort: (one) => one.pending, cell: (one) => one.pending },
    { id: 'dead', header: 'Given up', numeric: true, sort: (one) => one.dead, cell: (one) => one.dead },
    { id: 'last', header: 'Last delivered', sort: (one) => one.last_delivered_at, cell: (one) => <RelativeTime at={one.last_delivered_at} /> },
    {
      id: 'menu', header: '', fixed: true,
      cell: (one) => (
        <Menu position="bottom-end">
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${one.name}`}><Ellipsis size={16} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => { manage.test.mutate(one.id, { onSuccess: () => { toast('A test event is on its way; see below.'); }, onError: toastError }); }}>Send a test event</Menu.Item>
            <Menu.Item onClick={() => { onFilter({ webhook: one.id }); }}>Its deliveries</Menu.Item>
            <Menu.Item onClick={() => { setEditing({ webhook: one }); }}>Edit…</Menu.Item>
            <Menu.Item onClick={() => { setRotating(one); }}>New secret…</Menu.Item>
            <Menu.Item onClick={() => { manage.update.mutate({ id: one.id, etag: one.etag, enabled: one.status !== 'active' }, { onSuccess: (now) => { toast(`${now.name} is ${now.status}.`); }, onError: toastError }); }}>{one.status === 'active' ? 'Disable' : 'Enable'}</Menu.Item>
            <Menu.Item c="var(--sw-broken)" onClick={() => { setDeleting(one); }}>Delete…</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <PageHead title="Webhooks" tab="Webhooks" lead="Other systems that are told what happens here: signed, tried again until they answer.">
        <Button leftSection={<Plus size={15} aria-hidden />} onClick={() => { setEditing({ webhook: null }); }}>New webhook</Button>
      </PageHead>
      <div style={{ display: 'grid', gap: 16 }}>
        <Panel flush>
          <QueryView query={webhooks} title="The webhooks could not be loaded" loading={<TableSkeleton rows={3} />} empty={<EmptyState title="No webhooks" command="slipway webhooks create NAME https://…">A webhook is an address that gets a signed CloudEvent when something happens to a model, an approval, a run, a schedule, a deployment or a rollout.</EmptyState>}>
            {(rows) => <DataTable name="webhooks" label="Webhooks" rows={rows} columns={columns} rowKey={(one) => one.id} />}
          </QueryView>
        </Panel>
        <DeliveriesPanel filter={filter} onFilter={onFilter} webhooks={webhooks.data ?? []} />
      </div>
      <GuardedModal opened={editing !== null} onClose={() => { setEditing(null); }} title={editing?.webhook == null ? 'New webhook' : `Edit ${editing.webhook.name}`} centered>
        {editing === null ? null : <WebhookForm webhook={editing.webhook} onClose={() => { setEditing(null); }} onMade={(secret) => { setEditing(null); setMade(secret); }} />}
      </GuardedModal>
      {secretDialog(made, () => { setMade(null); })}
      <ConfirmDialog opened={rotating !== null} title={`New secret for ${rotating?.name ?? ''}`} action="Make a new secret" run={() => manage.rotate.mutateAsync(rotating?.id ?? '').then(setMade)} onClose={() => { setRotating(null); }}>
        For a day deliveries are signed with the old secret too, so that the other side can change over.
      </ConfirmDialog>
      <ConfirmDialog opened={deleting !== null} title={`Delete ${deleting?.name ?? ''}`} action="Delete webhook" danger typed={deleting?.name} run={() => manage.remove.mutateAsync(deleting?.id ?? '').then(() => { onFilter({}); })} onClose={() => { setDeleting(null); }}>
        It is told nothing more; what was still to be delivered, and its log, go with it.
      </ConfirmDialog>
    </>
  );
}

/** Its short name, and below it what it tells. */
function EventOption({ type, types }: { type: string; types: readonly EventTypeInfo[] }) {
  return (
    <div>
      <Text size="sm">{shortType(type)}</Text>
      <Text size="xs" c="dimmed">{types.find((one) => one.type === type)?.description}</Text>
    </div>
  );
}

function WebhookForm({ webhook, onClose, onMade }: { webhook: WebhookInfo | null; onClose: () => void; onMade: (secret: WebhookSecret) => void }) {
  const types = useEventTypes();
  const { create, update } = useManageWebhooks();
  const [draft, setDraft] = useState({ name: webhook?.name ?? '', url: webhook?.url ?? 'https://', events: webhook?.events ?? [] });
  const error = create.error ?? update.error;
  const refusal = error instanceof ApiError ? error : null;
  const submit = () => {
    if (webhook === null) create.mutate(draft, { onSuccess: onMade });
    else update.mutate({ id: webhook.id, etag: webhook.etag, ...draft }, { onSuccess: () => { toast('Saved.'); onClose(); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="sm">
        <TextInput label="Name" required maxLength={128} value={draft.name} error={refusal?.field('name')} onChange={(event) => { setDraft({ ...draft, name: event.currentTarget.value }); }} data-autofocus />
        <TextInput label="Address" description="https; private addresses only where an operator has allowed them" required value={draft.url} error={refusal?.field('url')} onChange={(event) => { setDraft({ ...draft, url: event.currentTarget.value }); }} />
        <MultiSelect label="Events" description="None chosen: all" data={eventGroups(types.data ?? [])} renderOption={({ option }) => <EventOption type={option.value} types={types.data ?? []} />} value={draft.events} error={refusal?.field('events')} onChange={(events) => { setDraft({ ...draft, events }); }} clearable searchable />
        {error !== null && refusal?.problem.errors == null ? <ErrorState error={error} title="The webhook was not saved" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending || update.isPending}>{webhook === null ? 'Create webhook' : 'Save'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
