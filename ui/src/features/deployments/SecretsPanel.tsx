import { ActionIcon, Button, Menu } from '@mantine/core';
import { ChevronDown, Plus, RotateCcwKey, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { SecretForm } from './SecretForm.tsx';
import { useManageSecrets, useSecrets, type SecretInfo } from './secrets.ts';

/** The secrets of an environment: names, versions and who uses them. Values go in and never come out. */
export function SecretsPanel({ environment, mayManage }: { environment: string; mayManage: boolean }) {
  const secrets = useSecrets(environment);
  const manage = useManageSecrets(environment);
  const [setting, setSetting] = useState<SecretInfo | 'new' | null>(null);
  const [deleting, setDeleting] = useState<SecretInfo | null>(null);
  const columns = useMemo<Column<SecretInfo>[]>(() => [
    { id: 'name', header: 'Name', fixed: true, sort: (one) => one.name, cell: (one) => <span className="sw-mono sw-break">{one.name}</span> },
    { id: 'version', header: 'Version', numeric: true, sort: (one) => one.version, cell: (one) => one.version },
    { id: 'set', header: 'Set', sort: (one) => one.updated_at, cell: (one) => <><RelativeTime at={one.updated_at} /> <span className="sw-dim">by {one.updated_by}</span></> },
    { id: 'used', header: 'Used by', cell: (one) => (one.used_by.length === 0 ? <span className="sw-dim">nobody</span> : one.used_by.map((path) => path.split('/')[1]).join(', ')) },
    {
      id: 'actions', header: '', fixed: true, cell: (one) => (mayManage ? (
        <Menu position="bottom-end">
          <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${one.name}`}><ChevronDown size={14} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<RotateCcwKey size={14} aria-hidden />} onClick={() => { setSetting(one); }}>New value…</Menu.Item>
            <Menu.Item c="var(--sw-broken)" disabled={one.used_by.length > 0} leftSection={<Trash2 size={14} aria-hidden />} onClick={() => { setDeleting(one); }}>Delete…</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null),
    },
  ], [mayManage]);
  return (
    <Panel flush title="Secrets" actions={mayManage ? (
      <Button size="xs" variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={() => { setSetting('new'); }}>Add a secret</Button>
    ) : undefined}>
      <QueryView query={secrets} title="The secrets could not be loaded" loading={<BlockSkeleton height={120} />}
        empty={<EmptyState title="No secrets yet" command={`slipway secrets set NAME --environment ${environment}`}>A configuration names what it needs; the value reaches the model’s process and nobody reads it again.</EmptyState>}>
        {(rows) => <DataTable name="secrets" label={`Secrets of ${environment}`} rows={rows} columns={columns} rowKey={(one) => one.name} />}
      </QueryView>
      <SecretForm environment={environment} secret={setting} onClose={() => { setSetting(null); }} />
      <ConfirmDialog opened={deleting !== null} title={`Delete ${deleting?.name ?? ''}`} action="Delete" danger onClose={() => { setDeleting(null); }}
        run={() => manage.remove.mutateAsync(deleting?.name ?? '').then(() => { toast(`${deleting?.name ?? ''} is deleted.`); })}>
        Its value goes and cannot be brought back. No configuration that runs in {environment} uses it; an earlier revision that does cannot be rolled back to until it is set again.
      </ConfirmDialog>
    </Panel>
  );
}
