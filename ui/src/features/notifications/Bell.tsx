import { ActionIcon, Button, Group, Indicator, Popover } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Bell as BellIcon } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { toastError } from '../../components/Toasts.tsx';
import { plural } from '../../lib/format.ts';
import type { NotificationInfo } from '../../lib/wireApprovals.ts';
import { useMarkRead, useNotifications, useUnread } from './api.ts';

/** The bell: how many messages are unread, and a panel with them. */
export function Bell() {
  const [opened, setOpened] = useState(false);
  const unread = useUnread().data ?? 0;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={360} shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Indicator disabled={unread === 0} label={unread > 99 ? '99+' : unread} size={16} offset={4} color="blue.8">
          <ActionIcon variant="subtle" color="gray" aria-label={unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`} aria-expanded={opened} onClick={() => { setOpened(!opened); }}>
            <BellIcon size={17} aria-hidden />
          </ActionIcon>
        </Indicator>
      </Popover.Target>
      <Popover.Dropdown p={0} style={{ maxWidth: 'calc(100vw - 16px)' }}>{opened ? <Messages unread={unread} onClose={() => { setOpened(false); }} /> : null}</Popover.Dropdown>
    </Popover>
  );
}

function Messages({ unread, onClose }: { unread: number; onClose: () => void }) {
  const messages = useNotifications(true);
  const mark = useMarkRead();
  const navigate = useNavigate();
  const open = (message: NotificationInfo) => {
    if (message.read_at === null) mark.one.mutate(message.id, { onError: toastError });
    const [to, query] = (message.link ?? '').split('?');
    if (to !== undefined && to !== '') void navigate({ to, search: Object.fromEntries(new URLSearchParams(query)) });
    onClose();
  };
  const newest = messages.data?.[0];
  return (
    <section aria-label="Notifications">
      <Group justify="space-between" px="md" py="xs" style={{ borderBottom: '1px solid var(--sw-line)' }}>
        <strong>{unread === 0 ? 'Notifications' : plural(unread, 'unread message')}</strong>
        <Button variant="subtle" size="compact-xs" disabled={unread === 0 || newest === undefined} loading={mark.all.isPending} onClick={() => { if (newest !== undefined) mark.all.mutate(newest.id, { onError: toastError }); }}>Mark all as read</Button>
      </Group>
      <div style={{ maxHeight: 'min(420px, 70vh)', overflowY: 'auto' }}>
        <QueryView query={messages} title="The messages could not be loaded" loading={<TableSkeleton rows={4} />} empty={<EmptyState title="Nothing yet">Requests that wait for you, decisions on yours, and what goes wrong with your rollouts and schedules show up here.</EmptyState>}>
          {(rows) => (
            <>
              {rows.map((message) => (
                <button key={message.id} type="button" className="sw-message" data-unread={message.read_at === null ? true : undefined} onClick={() => { open(message); }}>
                  <span className="sw-break">{message.read_at === null ? <span className="sw-visually-hidden">Unread: </span> : null}{message.title}</span>
                  {message.text === null ? null : <span className="sw-dim sw-break sw-clamp">{message.text}</span>}
                  <span className="sw-dim" style={{ fontSize: 12 }}><RelativeTime at={message.created_at} /></span>
                </button>
              ))}
              {messages.hasNextPage ? <Group justify="center" p="xs"><Button variant="subtle" size="compact-xs" loading={messages.isFetchingNextPage} onClick={() => { void messages.fetchNextPage(); }}>Earlier</Button></Group> : null}
            </>
          )}
        </QueryView>
      </div>
    </section>
  );
}
