import { Button, Group, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { ApiError } from '../../lib/http.ts';
import { useCreateExperiment } from './api.ts';
import { tagsOf } from './facts.ts';

/** Adds an experiment. */
export function CreateExperimentButton({ onCreated }: { onCreated: (id: string) => void }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="write_registry"><Button leftSection={<Plus size={15} aria-hidden />} onClick={() => { setOpened(true); }}>Create experiment</Button></Needs>
      <GuardedModal opened={opened} onClose={close} title="Create experiment" centered>{opened ? <Form onClose={close} onCreated={onCreated} /> : null}</GuardedModal>
    </>
  );
}

function Form({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const create = useCreateExperiment();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const field = (one: string) => (create.error instanceof ApiError ? create.error.field(one) : undefined);
  const taken = create.error instanceof ApiError && create.error.code === 'experiment_already_exists' ? create.error.problem.detail : undefined;
  const shown = taken ?? field('name') ?? field('description') ?? field('tags');
  const submit = () => {
    create.mutate({ name: name.trim(), description: description.trim() === '' ? null : description.trim(), tags: tagsOf(tags) }, { onSuccess: (made) => { onClose(); onCreated(made.id); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <TextInput label="Name" description="The question that its runs answer: churn-2026, sentiment with longer texts." value={name} error={taken ?? field('name')} data-autofocus spellCheck={false}
          onChange={(event) => { setName(event.currentTarget.value); }} />
        <Textarea label="Description" description="What is tried, and how success is measured." autosize minRows={2} maxLength={5000} value={description} error={field('description')}
          onChange={(event) => { setDescription(event.currentTarget.value); }} />
        <TagsInput label="Tags" description="Words, or name=value; Enter adds one." value={tags} error={field('tags')} onChange={setTags} />
        {create.error === null || shown !== undefined ? null : <ErrorState error={create.error} title="The experiment was not created" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>Create</Button></Group>
      </Stack>
    </form>
  );
}
