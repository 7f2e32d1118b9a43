import { Button, Checkbox, Group, Select, Stack, Textarea } from '@mantine/core';
import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { ModelVersionInfo, Stage } from '../../lib/wire.ts';
import { useTransition } from './api.ts';
import { ruleOf, useProtections } from './protection.ts';
import { useVersionsIn } from './search.ts';

const STAGES: Stage[] = ['None', 'Staging', 'Production', 'Archived'];

/** Change Stage: the new stage, what happens to those that are there, and why. */
export function StageButton({ version, compact = false }: { version: ModelVersionInfo; compact?: boolean }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="write_registry">
        <Button variant="default" size={compact ? 'compact-xs' : undefined} aria-label={compact ? `Change stage of v${version.version}` : undefined} onClick={() => { setOpened(true); }}>
          {compact ? 'Stage…' : 'Change stage'}
        </Button>
      </Needs>
      <GuardedModal opened={opened} onClose={close} title={`Change stage of ${version.model} v${version.version}`} centered>
        {opened ? <StageForm version={version} onClose={close} /> : null}
      </GuardedModal>
    </>
  );
}

function StageForm({ version, onClose }: { version: ModelVersionInfo; onClose: () => void }) {
  const transition = useTransition(version.model, version.version);
  const rules = useProtections(version.model);
  const [stage, setStage] = useState<Stage | null>(null);
  const [archive, setArchive] = useState<boolean | null>(null);
  const [note, setNote] = useState('');
  const asks = stage === 'Production' || stage === 'Staging';
  const incumbents = useVersionsIn(version.model, asks ? stage : null).data;
  const others = (incumbents?.versions ?? []).filter((one) => one.version !== version.version).map((one) => `v${one.version}`);
  const named = `${others.join(', ')}${incumbents?.more === true ? ' and those before them' : ''}`;
  const archives = archive ?? stage === 'Production';
  const rule = stage === null ? undefined : ruleOf(rules.data ?? [], version.stage, stage);
  const submit = () => {
    if (stage === null) return;
    transition.mutate({ stage, ...(asks ? { archive_existing_versions: archives } : {}), note: note.trim() === '' ? null : note.trim() }, {
      onSuccess: (answer) => { toast('state' in answer ? `Asked for approval: ${answer.reviewers.join(' or ')} may decide.` : `v${version.version} is in ${stage}.`); onClose(); },
    });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <Group gap="sm" align="flex-end">
          <div style={{ paddingBottom: 6 }}><StateOf kind="stages" value={version.stage} /></div>
          <ArrowRight size={16} aria-label="to" style={{ marginBottom: 9 }} />
          <Select label="New stage" placeholder="Choose" data={STAGES.filter((one) => one !== version.stage)} value={stage} onChange={(value) => { setStage(value as Stage | null); }} data-autofocus style={{ flex: 1 }} />
        </Group>
        {asks ? (
          <Checkbox label={`Archive existing versions in ${stage}`} checked={archives} onChange={(event) => { setArchive(event.currentTarget.checked); }}
            description={incumbents === undefined ? 'Looking for those that are there…' : others.length === 0 ? `No other version is in ${stage}.` : archives ? `${named} will be archived in the same step.` : `${named} stay${others.length === 1 ? 's' : ''} in ${stage} too.`} />
        ) : null}
        {rule === undefined ? null : (
          <Notice tone="look" title="This asks for approval">{rule.stage} is protected: nothing changes until {rule.reviewers.join(' or ')} {rule.reviewers.length === 1 ? 'approves' : 'approve'}; then it happens by itself.</Notice>
        )}
        <Textarea label={rule === undefined ? 'Note' : 'Comment for the reviewers'} description="Optional, but do say why: whoever decides, and whoever reads the history later, will want to know." autosize minRows={2} maxLength={5000} value={note} onChange={(event) => { setNote(event.currentTarget.value); }} />
        {transition.error === null ? null : <ErrorState error={transition.error} title="The stage was not changed" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" disabled={stage === null} loading={transition.isPending}>{rule === undefined ? 'Change stage' : 'Ask for approval'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
