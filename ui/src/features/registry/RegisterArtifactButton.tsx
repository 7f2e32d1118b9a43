import { Autocomplete, Button, Group, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { useRegisterArtifact, useRunArtifacts } from './recordApi.ts';
import { useIsNewModel, useModelSearch } from './search.ts';

/** Register to Model Registry: makes a version of an artifact of a run, in a model that is there or a new one, and goes to it. */
export function RegisterArtifactButton({ run }: { run: string }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="write_registry"><Button leftSection={<PackagePlus size={15} aria-hidden />} onClick={() => { setOpened(true); }}>Register to Model Registry</Button></Needs>
      <GuardedModal opened={opened} onClose={close} title="Register to Model Registry" centered>{opened ? <Choose run={run} onClose={close} /> : null}</GuardedModal>
    </>
  );
}

function Choose({ run, onClose }: { run: string; onClose: () => void }) {
  const artifacts = useRunArtifacts(run);
  return (
    <QueryView query={artifacts} title="The artifacts of the run could not be listed" loading={<BlockSkeleton height={320} />}
      empty={<EmptyState title="The run has no artifact yet">Log the model first: run.log_artifact(&quot;model.joblib&quot;).</EmptyState>}>
      {(files) => <RegisterForm run={run} choices={choicesOf(files)} onClose={onClose} />}
    </QueryView>
  );
}

/** Folders and files, the likeliest model first. */
function choicesOf(files: string[]): string[] {
  const folders = new Set(files.flatMap((file) => file.split('/').slice(0, -1).map((_, at, parts) => parts.slice(0, at + 1).join('/'))));
  const model = (path: string) => Number(!/(^|\/)(config\.yaml|MLmodel)$/.test(path)) + Number(!/\.(joblib|pkl|pickle|onnx|pt|pth|safetensors|h5)$|(^|\/)model\.py$/i.test(path));
  const packages = [...folders].filter((folder) => files.some((file) => file === `${folder}/config.yaml` || file === `${folder}/MLmodel`));
  const rest = [...folders].filter((folder) => !packages.includes(folder));
  return [...packages, ...files.toSorted((a, b) => model(a) - model(b) || a.localeCompare(b, 'en')), ...rest];
}

function RegisterForm({ run, choices, onClose }: { run: string; choices: string[]; onClose: () => void }) {
  const navigate = useNavigate();
  const register = useRegisterArtifact();
  const [path, setPath] = useState(choices[0] ?? '');
  const [model, setModel] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const [label, setLabel] = useState('');
  const name = model.trim();
  const models = useModelSearch(name);
  const isNew = useIsNewModel(name) === true;
  const refusal = register.error instanceof ApiError ? register.error : null;
  const labelError = refusal?.field('label') ?? (refusal?.code === 'label_taken' ? refusal.problem.detail : undefined);
  const shown = refusal?.field('artifact_path') ?? refusal?.field('name') ?? refusal?.field('tags') ?? labelError;
  const submit = () => {
    register.mutate({ model: name, tags: isNew ? tags : [], version: { source_run_id: run, artifact_path: path, description: description.trim() === '' ? null : description.trim(), label: label.trim() === '' ? null : label.trim() } }, {
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
        <Select label="Artifact" description="A file, or a folder with all that is in it. The metrics, parameters and data sets of the run come along as they are now." data={choices} value={path} allowDeselect={false} searchable
          error={refusal?.field('artifact_path')} onChange={(value) => { setPath(value ?? ''); }} />
        <Autocomplete label="Model" data-autofocus value={model} onChange={setModel} data={models.data?.map((one) => one.name) ?? []} filter={({ options }) => options} error={refusal?.field('name')} spellCheck={false}
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
