import { Button, Group, NativeSelect, Stack, Textarea } from '@mantine/core';
import { CircleStop } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { RunInfo } from '../../lib/wireRuns.ts';
import { useMoveRun } from './api.ts';
import { nameOf } from './facts.ts';

/** Ends a run that its client did not end. */
export function EndRunButton({ run }: { run: RunInfo }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Button variant="default" leftSection={<CircleStop size={15} aria-hidden />} onClick={() => { setOpened(true); }}>End run…</Button>
      <GuardedModal opened={opened} onClose={close} title={`End ${nameOf(run)}`} centered>{opened ? <Form run={run} onClose={close} /> : null}</GuardedModal>
    </>
  );
}

function Form({ run, onClose }: { run: RunInfo; onClose: () => void }) {
  const { finish } = useMoveRun(run.id);
  const [status, setStatus] = useState('Killed');
  const [reason, setReason] = useState('');
  const submit = () => {
    finish.mutate({ status, reason: reason.trim() === '' ? null : reason.trim() }, { onSuccess: () => { toast('The run has ended.'); onClose(); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <div className="sw-dim">For a run whose program has gone without ending it. A program that still runs is not stopped by this.</div>
        <NativeSelect label="Ended as" data={['Killed', 'Failed', 'Completed']} value={status} onChange={(event) => { setStatus(event.currentTarget.value); }} />
        <Textarea label="Why" autosize minRows={2} maxLength={5000} value={reason} data-autofocus onChange={(event) => { setReason(event.currentTarget.value); }} />
        {finish.error === null ? null : <ErrorState error={finish.error} title="The run was not ended" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={finish.isPending}>End run</Button></Group>
      </Stack>
    </form>
  );
}
