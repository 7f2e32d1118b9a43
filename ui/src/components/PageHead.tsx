import { Group, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** Title of a page, also of the browser's tab; actions at the right. */
export function PageHead({ title, tab, lead, children }: { title: ReactNode; tab: string; lead?: ReactNode; children?: ReactNode }) {
  useEffect(() => { document.title = `${tab} · Slipway`; }, [tab]);
  return (
    <Group justify="space-between" align="flex-start" gap="sm" mb="md">
      <div style={{ minWidth: 0 }}>
        <Title order={1} size={20} className="sw-break">{title}</Title>
        {lead === undefined ? null : <div className="sw-dim" style={{ fontSize: 14, marginTop: 2, maxWidth: 720 }}>{lead}</div>}
      </div>
      {children === undefined ? null : <Group gap="xs">{children}</Group>}
    </Group>
  );
}
