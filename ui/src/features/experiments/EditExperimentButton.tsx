import { Button, Group, NativeSelect, Stack, TagsInput, TextInput } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { ExperimentInfo } from '../../lib/wireRuns.ts';
import { useUpdateExperiment } from './api.ts';
import { tagsOf, wordsOf } from './facts.ts';

/** Name, tags and status of an experiment; its description is edited where it stands. */
export function EditExperimentButton({ experiment }: { experiment: ExperimentInfo }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Button variant="default" leftSection={<Pencil size={15} aria-hidden />} onClick={() => { setOpened(true); }}>Edit</Button>
      <GuardedModal opened={opened} onClose={close} title={`Edit ${experiment.name}`} centered>{opened ? <Form experiment={experiment} onClose={close} /> : null}</GuardedModal>
    </>
  );
}

function Form({ experiment, onClose }: { experiment: ExperimentInfo; onClose: () => void }) {
  const update = useUpdateExperiment(experiment.id);
  const [name, setName] = useState(experiment.name);
  const [tags, setTags] = useState(wordsOf(experiment.tags));
  const [status, setStatus] = useState<string>(experiment.status);
  // What was read when the form opened: whoever changed it since is told, and not overwritten.
  const [etag] = useState(experiment.etag);
  const refusal = update.error instanceof ApiError ? update.error : null;
  const taken = refusal?.code === 'experiment_already_exists' ? refusal.problem.detail : undefined;
  const shown = taken ?? refusal?.field('name') ?? refusal?.field('tags');
  const submit = () => {
    update.mutate({ name: name.trim(), tags: tagsOf(tags), ...(status === experiment.status ? {} : { status }), etag }, { onSuccess: () => { toast('The experiment is changed.'); onClose(); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <TextInput label="Name" value={name} error={taken ?? refusal?.field('name')} data-autofocus spellCheck={false} onChange={(event) => { setName(event.currentTarget.value); }} />
        <TagsInput label="Tags" description="Words, or name=value; Enter adds one." value={tags} error={refusal?.field('tags')} onChange={setTags} />
        {experiment.status === 'Archived' ? null : (
          <NativeSelect label="Status" description="Completed: its question is answered." data={['Active', 'Completed']} value={status} onChange={(event) => { setStatus(event.currentTarget.value); }} />
        )}
        {update.error === null || shown !== undefined ? null : <ErrorState error={update.error} title="The experiment was not changed" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={update.isPending} disabled={name.trim() === ''}>Save</Button></Group>
      </Stack>
    </form>
  );
}
