import { ActionIcon, Button, Group, Select, Stack, TagsInput } from '@mantine/core';
import { ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { StageProtectionInfo } from '../../lib/wireApprovals.ts';
import { useProtect, useProtections } from './protection.ts';

/** Protected stages: of one model, or every rule there is when `model` is null. Administrators change them. */
export function ProtectionPanel({ model, administrator, users = [] }: { model: string | null; administrator: boolean; users?: string[] }) {
  const rules = useProtections(model);
  const [editing, setEditing] = useState<{ rule: StageProtectionInfo | null } | null>(null);
  const [removing, setRemoving] = useState<StageProtectionInfo | null>(null);
  const protect = useProtect(removing?.model ?? null);
  return (
    <Panel title="Protected stages" actions={administrator ? <Button variant="default" size="xs" leftSection={<ShieldCheck size={14} aria-hidden />} onClick={() => { setEditing({ rule: null }); }}>Protect a stage</Button> : null}>
      <QueryView query={rules} title="The protected stages could not be loaded" loading={<BlockSkeleton height={70} />}
        empty={<EmptyState title="No stage is protected">Whoever may write can move versions anywhere. Protect Production, and a move into or out of it waits for a reviewer.</EmptyState>}>
        {(rows) => (
          <div style={{ display: 'grid', gap: 12 }}>
            {rows.map((rule) => (
              <div key={`${rule.model ?? ''}/${rule.stage}`} style={{ display: 'flex', gap: 8, alignItems: 'flex-start', justifyContent: 'space-between' }}>
                <div className="sw-break">
                  <StateOf kind="stages" value={rule.stage} /> <strong>{model === null ? rule.model ?? 'every model' : rule.model === null ? 'by the rule for every model' : ''}</strong>
                  <div>Reviewed by {rule.reviewers.length === 0 ? 'nobody who may act any more' : rule.reviewers.join(', ')}</div>
                  <div className="sw-dim" style={{ fontSize: 12.5 }}>set by {rule.updated_by} <RelativeTime at={rule.updated_at} /></div>
                </div>
                {administrator && (model === null || rule.model !== null) ? (
                  <Group gap={4} wrap="nowrap">
                    <Button variant="subtle" size="compact-xs" onClick={() => { setEditing({ rule }); }}>Reviewers…</Button>
                    <ActionIcon variant="subtle" color="gray" aria-label={`Take the protection of ${rule.stage} away`} onClick={() => { setRemoving(rule); }}><Trash2 size={14} aria-hidden /></ActionIcon>
                  </Group>
                ) : null}
              </div>
            ))}
          </div>
        )}
      </QueryView>
      <GuardedModal opened={editing !== null} onClose={() => { setEditing(null); }} title={editing?.rule == null ? 'Protect a stage' : `Reviewers of ${editing.rule.stage}`} centered>
        {editing === null ? null : <RuleForm model={editing.rule === null ? model : editing.rule.model} rule={editing.rule} users={users} onClose={() => { setEditing(null); }} />}
      </GuardedModal>
      <ConfirmDialog opened={removing !== null} title={`Stop protecting ${removing?.stage ?? ''}`} action="Stop protecting" danger
        run={() => protect.remove.mutateAsync(removing?.stage ?? '').then(() => { toast('The protection is gone.'); })} onClose={() => { setRemoving(null); }}>
        From then on whoever may write moves versions into {removing?.stage} without asking. Requests that wait are closed, unless another rule holds.
      </ConfirmDialog>
    </Panel>
  );
}

function RuleForm({ model, rule, users, onClose }: { model: string | null; rule: StageProtectionInfo | null; users: string[]; onClose: () => void }) {
  const protect = useProtect(model);
  const [stage, setStage] = useState<string>(rule?.stage ?? 'Production');
  const [reviewers, setReviewers] = useState<string[]>(rule?.reviewers ?? []);
  return (
    <form onSubmit={(event) => { event.preventDefault(); protect.set.mutate({ stage, reviewers }, { onSuccess: () => { toast(`${stage} is protected.`); onClose(); } }); }}>
      <Stack gap="md">
        <Select label="Stage" data={['Staging', 'Production']} value={stage} allowDeselect={false} disabled={rule !== null} onChange={(value) => { setStage(value ?? 'Production'); }} />
        <TagsInput label="Reviewers" description="Users who may approve; nobody approves their own request, so name at least two" data={users} value={reviewers} onChange={setReviewers} data-autofocus />
        {protect.set.error === null ? null : <ErrorState error={protect.set.error} title="The stage was not protected" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" disabled={reviewers.length === 0} loading={protect.set.isPending}>{rule === null ? 'Protect' : 'Save'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
