import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { approvalPaths } from '../../lib/pathsApprovals.ts';
import type { NotificationInfo, NotificationPreference } from '../../lib/wireApprovals.ts';

export const useUnread = () => useQuery({
  queryKey: ['notifications', { what: 'unread' }], queryFn: ({ signal }) => get<{ unread: number }>(approvalPaths.unread, {}, signal).then((answer) => answer.unread),
});

/** One's own messages, newest first. */
export const useNotifications = (enabled: boolean) => usePages<NotificationInfo>(['notifications', { what: 'list' }], approvalPaths.notifications, {}, 20, enabled);

export function useMarkRead() {
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ queryKey: ['notifications'] });
  return {
    one: useMutation({ mutationFn: (id: string) => send('POST', approvalPaths.readOne(id)), onSuccess: changed }),
    all: useMutation({ mutationFn: (upTo: string) => send('POST', approvalPaths.readAll, { up_to: upTo }), onSuccess: changed }),
  };
}

const PREFERENCES = ['notification-preferences'];
export const usePreferences = () => useQuery({
  queryKey: PREFERENCES, queryFn: ({ signal }) => get<{ kinds: NotificationPreference[] }>(approvalPaths.preferences, {}, signal).then((answer) => answer.kinds),
});

export function useSetPreference() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, wanted }: { kind: string; wanted: boolean }) => send('PUT', approvalPaths.preferences, { in_app: { [kind]: wanted } }),
    onSettled: () => client.invalidateQueries({ queryKey: PREFERENCES }),
  });
}
