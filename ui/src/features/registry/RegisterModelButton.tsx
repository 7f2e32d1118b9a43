import { Button, Group, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { ApiError } from '../../lib/http.ts';
import { useRegisterModel } from './api.ts';

/** Registers a model without a version. */
export function RegisterModelButton({ onRegistered }: { onRegistered: (model: string) => void }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="write_registry"><Button leftSection={<Plus size={15} aria-hidden />} onClick={() => { setOpened(true); }}>Register model</Button></Needs>
      <GuardedModal opened={opened} onClose={close} title="Register model" centered>{opened ? <RegisterForm onClose={close} onRegistered={onRegistered} /> : null}</GuardedModal>
    </>
  );
}

function RegisterForm({ onClose, onRegistered }: { onClose: () => void; onRegistered: (model: string) => void }) {
  const register = useRegisterModel();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const field = (one: string) => (register.error instanceof ApiError ? register.error.field(one) : undefined);
  const taken = register.error instanceof ApiError && register.error.code === 'model_already_exists' ? register.error.problem.detail : undefined;
  const shown = taken ?? field('name') ?? field('description') ?? field('tags');
  return (
    <form onSubmit={(event) => { event.preventDefault(); register.mutate({ name: name.trim(), description: description.trim() === '' ? null : description.trim(), tags }, { onSuccess: (model) => { onClose(); onRegistered(model.name); } }); }}>
      <Stack gap="md">
        <TextInput label="Name" description="Clear and lasting, after the task or the business purpose: sentiment-classifier, customer-churn-predictor." value={name} error={taken ?? field('name')} data-autofocus
          spellCheck={false} onChange={(event) => { setName(event.currentTarget.value); }} />
        <Textarea label="Description" description="What it does, for whom." autosize minRows={2} maxLength={5000} value={description} error={field('description')} onChange={(event) => { setDescription(event.currentTarget.value); }} />
        <TagsInput label="Tags" description="Words to find it by; Enter adds one." value={tags} error={field('tags')} onChange={setTags} />
        {register.error === null || shown !== undefined ? null : <ErrorState error={register.error} title="The model was not registered" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={register.isPending} disabled={name.trim() === ''}>Register</Button></Group>
      </Stack>
    </form>
  );
}
