import { Autocomplete, Button, Group, Modal, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { useAllModels } from './api.ts';
import { useRegisterArtifact } from './recordApi.ts';

/** Register to Model Registry: makes a version of an artifact of a run, in a model that is there or a new one, and goes to it. */
export function RegisterArtifactButton({ run, path, compact = false }: { run: string; path: string; compact?: boolean }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Button size={compact ? 'compact-xs' : 'compact-sm'} variant="default" leftSection={<PackagePlus size={14} aria-hidden />} aria-label={`Register ${path} to Model Registry`} onClick={() => { setOpened(true); }}>
        {compact ? 'Register' : 'Register to Model Registry'}
      </Button>
      <Modal opened={opened} onClose={close} title="Register to Model Registry" centered>{opened ? <RegisterForm run={run} path={path} onClose={close} /> : null}</Modal>
    </>
  );
}

function RegisterForm({ run, path, onClose }: { run: string; path: string; onClose: () => void }) {
  const navigate = useNavigate();
  const models = useAllModels();
  const register = useRegisterArtifact();
  const [model, setModel] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const [label, setLabel] = useState('');
  const name = model.trim();
  const isNew = name !== '' && models.data?.every((one) => one.name !== name) === true;
  const refusal = register.error instanceof ApiError ? register.error : null;
  const labelError = refusal?.field('label') ?? (refusal?.code === 'label_taken' ? refusal.problem.detail : undefined);
  const shown = refusal?.field('name') ?? refusal?.field('tags') ?? labelError;
  const submit = () => {
    register.mutate({ model: name, isNew, tags, version: { source_run_id: run, artifact_path: path, description: description.trim() === '' ? null : description.trim(), label: label.trim() === '' ? null : label.trim() } }, {
      onSuccess: (made) => {
        toast(`${made.model} v${made.version} is registered.`);
        onClose();
        void navigate({ to: '/models/$model/$version', params: { model: made.model, version: String(made.version) } });
      },
    });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (name !== '') submit(); }}>
      <Stack gap="md">
        <div style={{ fontSize: 14 }}><span className="sw-dim">From </span><span className="sw-mono sw-break">{path}</span><span className="sw-dim">, with the metrics, parameters and data sets of the run as they are now.</span></div>
        <Autocomplete label="Model" data-autofocus value={model} onChange={setModel} data={models.data?.map((one) => one.name) ?? []} limit={20} error={refusal?.field('name')} spellCheck={false}
          description={isNew ? 'A new model of this name will be registered. Clear and lasting names help: sentiment-classifier, customer-churn-predictor.' : 'One that is there, or a new name.'} />
        {isNew ? <TagsInput label="Tags of the model" description="Words to find it by; Enter adds one." value={tags} error={refusal?.field('tags')} onChange={setTags} /> : null}
        <Textarea label="Description" description="Of this version: what is new in it." autosize minRows={2} maxLength={5000} value={description} onChange={(event) => { setDescription(event.currentTarget.value); }} />
        <TextInput label="Label" description="Optional second name of the version, such as v2.1.0." value={label} error={labelError} spellCheck={false} onChange={(event) => { setLabel(event.currentTarget.value); }} />
        {register.error === null || shown !== undefined ? null : <ErrorState error={register.error} title="It was not registered" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={register.isPending} disabled={name === ''}>Register</Button></Group>
      </Stack>
    </form>
  );
}
