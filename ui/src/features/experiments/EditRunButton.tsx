import { Button, Group, Stack, TagsInput, TextInput } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { RunInfo } from '../../lib/wireRuns.ts';
import { useEditRun } from './api.ts';
import { nameOf, tagChanges, wordsOf } from './facts.ts';

/** Name and tags of a run; its notes are edited where they stand. */
export function EditRunButton({ run }: { run: RunInfo }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Button variant="default" leftSection={<Pencil size={15} aria-hidden />} onClick={() => { setOpened(true); }}>Edit run</Button>
      <GuardedModal opened={opened} onClose={close} title={`Edit ${nameOf(run)}`} centered>{opened ? <Form run={run} onClose={close} /> : null}</GuardedModal>
    </>
  );
}

function Form({ run, onClose }: { run: RunInfo; onClose: () => void }) {
  const edit = useEditRun(run.id);
  // What was read when the form opened: what changed since, by its client or somebody else, is not taken back.
  const [before] = useState(run);
  const [name, setName] = useState(before.name ?? '');
  const [tags, setTags] = useState(wordsOf(before.tags));
  const refusal = edit.error instanceof ApiError ? edit.error : null;
  const [nameError, tagsError] = [refusal?.field('name'), refusal?.field('tags')];
  const submit = () => {
    edit.mutate(
      { ...(name.trim() === (before.name ?? '') ? {} : { name: name.trim() }), ...tagChanges(before.tags, tags), etag: before.etag },
      { onSuccess: () => { toast('The run is changed.'); onClose(); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <TextInput label="Name" description="Empty: it goes by its id." value={name} error={nameError} data-autofocus spellCheck={false} onChange={(event) => { setName(event.currentTarget.value); }} />
        <TagsInput label="Tags" description="Words, or name=value; Enter adds one." value={tags} error={tagsError} onChange={setTags} />
        {edit.error === null || nameError !== undefined || tagsError !== undefined ? null : <ErrorState error={edit.error} title="The run was not changed" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={edit.isPending}>Save</Button></Group>
      </Stack>
    </form>
  );
}
