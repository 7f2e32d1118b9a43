import { Button, Drawer, Group, Select, Stack } from '@mantine/core';
import { Code } from '../../components/Code.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton, TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { formatJson, formatMs } from '../../lib/format.ts';
import type { DeliveryInfo, WebhookInfo } from '../../lib/wireApprovals.ts';
import { deliveryWord, useDeliveries, useDelivery, useManageWebhooks } from './webhooks.ts';
import type { WebhooksFilter } from './WebhooksPage.tsx';

const columns: Column<DeliveryInfo>[] = [
  { id: 'at', header: 'Happened', sort: (one) => one.created_at, cell: (one) => <RelativeTime at={one.created_at} /> },
  { id: 'type', header: 'Event', fixed: true, sort: (one) => one.type, cell: (one) => <span className="sw-mono">{one.type.replace('dev.slipway.', '')}</span> },
  { id: 'subject', header: 'Subject', sort: (one) => one.subject, cell: (one) => <span className="sw-mono sw-break">{one.subject}</span> },
  { id: 'webhook', header: 'Webhook', sort: (one) => one.webhook, cell: (one) => one.webhook },
  { id: 'state', header: 'State', fixed: true, sort: (one) => one.state, cell: (one) => <StateBadge state={deliveryWord(one)} /> },
  { id: 'attempts', header: 'Attempts', numeric: true, sort: (one) => one.attempts, cell: (one) => one.attempts },
  { id: 'error', header: 'Last error', cell: (one) => one.last_error ?? <span className="sw-dim">–</span> },
];

/** The log of deliveries; those that were given up can be sent again. */
export function DeliveriesPanel({ filter, onFilter, webhooks }: { filter: WebhooksFilter; onFilter: (filter: WebhooksFilter) => void; webhooks: WebhookInfo[] }) {
  const deliveries = useDeliveries(filter.webhook, filter.state);
  return (
    <Panel title="Deliveries" flush actions={(
      <Group gap="xs">
        <Select aria-label="Webhook" size="xs" w={150} clearable placeholder="all webhooks" data={webhooks.map((one) => ({ value: one.id, label: one.name }))} value={filter.webhook ?? null} onChange={(webhook) => { onFilter({ ...filter, webhook: webhook ?? undefined }); }} />
        <Select aria-label="State" size="xs" w={130} clearable placeholder="every state" data={[{ value: 'pending', label: 'Pending' }, { value: 'delivered', label: 'Delivered' }, { value: 'dead', label: 'Given up' }]} value={filter.state ?? null} onChange={(state) => { onFilter({ ...filter, state: state ?? undefined }); }} />
      </Group>
    )}>
      <QueryView query={deliveries} title="The deliveries could not be loaded" loading={<TableSkeleton />} empty={<EmptyState title="Nothing was sent">Deliveries show up here with every attempt; send a test event to see one.</EmptyState>}>
        {(rows) => (
          <DataTable name="deliveries" label="Deliveries" rows={rows} columns={columns} rowKey={(one) => one.id} onOpen={(one) => { onFilter({ ...filter, delivery: one.id }); }}
            more={deliveries.hasNextPage ? () => { void deliveries.fetchNextPage(); } : undefined} loadingMore={deliveries.isFetchingNextPage} />
        )}
      </QueryView>
      <Drawer opened={filter.delivery !== undefined} onClose={() => { onFilter({ ...filter, delivery: undefined }); }} title="Delivery" position="right" size="lg">
        {filter.delivery === undefined ? null : <Delivery id={filter.delivery} />}
      </Drawer>
    </Panel>
  );
}

function Delivery({ id }: { id: string }) {
  const query = useDelivery(id);
  const { redeliver } = useManageWebhooks();
  return (
    <QueryView query={query} title="The delivery could not be loaded" loading={<BlockSkeleton height={300} />}>
      {({ delivery, event, log }) => (
        <Stack gap="md">
          <Group justify="space-between">
            <span><StateBadge state={deliveryWord(delivery)} /> to <strong>{delivery.webhook}</strong></span>
            {delivery.state === 'pending' ? null : <Button size="xs" variant="default" loading={redeliver.isPending} onClick={() => { redeliver.mutate(id, { onSuccess: () => { toast('It is sent again.'); }, onError: toastError }); }}>Send again</Button>}
          </Group>
          {delivery.next_at === null ? null : <span>Next attempt <RelativeTime at={delivery.next_at} /></span>}
          {log.length === 0 ? <span className="sw-dim">It was not sent yet.</span> : (
            <ol className="sw-steps" aria-label="Attempts">
              {log.map((attempt) => <li key={attempt.at} data-tone={attempt.error === null ? 'well' : 'broken'}><RelativeTime at={attempt.at} />: {attempt.status ?? 'no answer'} in {formatMs(attempt.duration_ms)}{attempt.error === null ? '' : `. ${attempt.error}`}</li>)}
            </ol>
          )}
          <Code value={formatJson(event)} language="json" label="Event" maxHeight="420px" />
        </Stack>
      )}
    </QueryView>
  );
}
