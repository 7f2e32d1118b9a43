import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { approvalPaths } from '../../lib/pathsApprovals.ts';
import type { StateWord } from '../../lib/states.ts';
import type { Page } from '../../lib/wire.ts';
import type { DeliveryDetail, DeliveryInfo, EventTypeInfo, WebhookInfo, WebhookSecret } from '../../lib/wireApprovals.ts';

export const useWebhooks = () => useQuery({ queryKey: ['webhooks'], queryFn: ({ signal }) => get<Page<WebhookInfo>>(approvalPaths.webhooks, {}, signal).then((page) => page.items) });

export const useEventTypes = () => useQuery({
  queryKey: ['event-types'], queryFn: ({ signal }) => get<Page<EventTypeInfo>>(approvalPaths.eventTypes, {}, signal).then((page) => page.items), staleTime: Infinity, refetchInterval: false,
});

/** As people say it: `rollout.promoted`. */
export const shortType = (type: string) => type.replace('dev.slipway.', '');

/** For a picker, by what they tell of. */
export function eventGroups(types: readonly EventTypeInfo[]): { group: string; items: { value: string; label: string }[] }[] {
  const groups = new Map<string, { value: string; label: string }[]>();
  for (const { type } of types) {
    const group = shortType(type).split('.')[0] ?? '';
    groups.set(group, [...(groups.get(group) ?? []), { value: type, label: shortType(type) }]);
  }
  return [...groups].map(([group, items]) => ({ group: `${group.charAt(0).toUpperCase()}${group.slice(1)}`, items }));
}

/** What was sent, newest first; of one webhook when it is given. */
export const useDeliveries = (webhook: string | undefined, state: string | undefined) => usePages<DeliveryInfo>(['webhooks', { deliveries: webhook ?? 'all', state }], approvalPaths.deliveries(webhook), { state });

export const useDelivery = (id: string | undefined) => useQuery({
  queryKey: ['webhooks', { delivery: id }], queryFn: ({ signal }) => get<DeliveryDetail>(approvalPaths.delivery(id ?? ''), {}, signal), enabled: id !== undefined,
});

export interface WebhookDraft { name: string; url: string; events: string[] }

export function useManageWebhooks() {
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ queryKey: ['webhooks'] });
  return {
    create: useMutation({ mutationFn: (draft: WebhookDraft) => send<WebhookSecret>('POST', approvalPaths.webhooks, draft), onSuccess: changed }),
    update: useMutation({
      mutationFn: ({ id, etag, ...body }: Partial<WebhookDraft> & { id: string; etag: string; enabled?: boolean }) => send<WebhookInfo>('PATCH', approvalPaths.webhook(id), body, { 'If-Match': etag }), onSuccess: changed,
    }),
    remove: useMutation({ mutationFn: (id: string) => send('DELETE', approvalPaths.webhook(id)), onSuccess: changed }),
    rotate: useMutation({ mutationFn: (id: string) => send<WebhookSecret>('POST', approvalPaths.ofWebhook(id, 'rotate-secret')), onSuccess: changed }),
    test: useMutation({ mutationFn: (id: string) => send<DeliveryDetail>('POST', approvalPaths.ofWebhook(id, 'test')), onSuccess: changed }),
    redeliver: useMutation({ mutationFn: (id: string) => send<DeliveryDetail>('POST', approvalPaths.redeliver(id)), onSuccess: changed }),
  };
}

export function webhookWord(one: WebhookInfo): StateWord {
  switch (one.status) {
    case 'active': return one.dead > 0 ? { tone: 'look', word: 'Active, some lost', meaning: `${one.dead} deliveries were given up.` } : { tone: 'well', word: 'Active', meaning: 'Is told of events.' };
    case 'disabled': return { tone: 'rest', word: 'Disabled', meaning: 'Switched off by a person.' };
    case 'stopped': return { tone: 'broken', word: 'Stopped', meaning: one.stopped_because ?? 'The other side wants no more.' };
  }
}

export function deliveryWord(one: DeliveryInfo): StateWord {
  switch (one.state) {
    case 'pending': return one.attempts === 0 ? { tone: 'moving', word: 'Pending', meaning: 'Is being sent.' } : { tone: 'look', word: 'Trying again', meaning: one.last_error ?? '' };
    case 'delivered': return { tone: 'well', word: 'Delivered', meaning: 'The other side took it.' };
    case 'dead': return { tone: 'broken', word: 'Given up', meaning: one.last_error ?? 'It could not be delivered.' };
  }
}
