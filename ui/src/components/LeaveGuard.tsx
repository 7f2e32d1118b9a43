import { useBlocker } from '@tanstack/react-router';
import { DiscardDialog } from './DiscardDialog.tsx';

/** Beside a form that is a page or a part of one: asks before another page takes its place while `isDirty`, and the browser asks before it is closed. */
export function LeaveGuard({ isDirty }: { isDirty: () => boolean }) {
  const blocker = useBlocker({ shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && isDirty(), enableBeforeUnload: isDirty, withResolver: true });
  return <DiscardDialog opened={blocker.status === 'blocked'} onKeep={() => { blocker.reset?.(); }} onDiscard={() => { blocker.proceed?.(); }} />;
}
