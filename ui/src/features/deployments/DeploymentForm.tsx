import { Autocomplete, Button, Checkbox, Collapse, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { ChevronDown, ChevronRight, Plus } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LabelsInput, labelsOf } from '../../components/LabelsInput.tsx';
import { Notice } from '../../components/Notice.tsx';
import { SearchSelect } from '../../components/SearchSelect.tsx';
import type { OrAsked } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { AutoscalingSettings, CreateDeploymentRequest, DeploymentInfo, EnvironmentInfo, HealthCheckSettings, LoadBalancerSettings, OwnStrategy as OwnStrategyWord, Placement } from '../../lib/wire.ts';
import { useCreateDeployment } from './api.ts';
import { BalancerFields, DEFAULT_BALANCER } from './BalancerFields.tsx';
import { ExtraFields, NO_EXTRA, type Extra } from './ExtraFields.tsx';
import { HealthFields, USUAL_HEALTH } from './HealthFields.tsx';
import { NewVariables, withOneMore, wrongName, type NewVariable } from './NewVariables.tsx';
import { OwnStrategy } from './OwnStrategy.tsx';
import { SecretNames } from './SecretNames.tsx';
import { DEFAULT_SCALING, ScalingFields } from './ScalingFields.tsx';
import { asksForApproval } from './waiting.ts';
import { AsksForApproval } from './WaitingRequest.tsx';

export interface VersionChoice { value: string; label: string; runnable: boolean; reason: string | null }
/** `names`: aliases as `@champion` and stages as `/Production`, with what they name now. */
/** What the server found for what is typed into a picker, which `onSearch` tells it. */
export interface Found<T> { typed: string; found: T[]; onSearch: (typed: string) => void }
/** `latest`: the newest version that runs, '' when there is none. */
export interface FormChoices { models: Found<string>; versions: Found<VersionChoice>; latest: string; names: { value: string; label: string }[]; environments: EnvironmentInfo[]; baseImages: string[] }

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const versionData = ({ versions, names }: FormChoices) => {
  const numbered = versions.found.map(({ value, label, runnable }) => ({ value, label, disabled: !runnable }));
  const called = names.filter((one) => one.label.toLowerCase().includes(versions.typed.trim().toLowerCase()));
  return called.length === 0 ? numbered : [{ group: 'Versions', items: numbered }, { group: 'Names that move', items: called }];
};
const number = (value: string | number) => (value === '' ? null : Number(value));

export const PLACEMENT: { value: Placement; label: string }[] = [
  { value: 'replica', label: 'In processes of its own' },
  { value: 'gateway', label: 'In the gateway’s process (ONNX, administrators)' },
];

/** All fields of a new deployment. What the server refuses is shown at its field, and input is kept. */
export function DeploymentForm({ choices, initial, onModel, onCreated, onCancel }: {
  choices: FormChoices;
  initial: { model?: string; version?: string; environment?: string };
  /** The chosen model, so that its versions can be offered. */
  onModel: (model: string) => void;
  onCreated: (made: OrAsked<DeploymentInfo>) => void;
  onCancel: () => void;
}) {
  const create = useCreateDeployment();
  const [more, setMore] = useState(false);
  const [name, setName] = useState(initial.model ?? '');
  const [model, setModel] = useState(initial.model ?? '');
  const [picked, setVersion] = useState(initial.version ?? '');
  // The newest version that runs, until another one is picked.
  const version = picked !== '' ? picked : choices.latest;
  const [follow, setFollow] = useState(false);
  const byName = version.startsWith('@') || version.startsWith('/');
  const [environment, setEnvironment] = useState(initial.environment ?? 'development');
  const [description, setDescription] = useState('');
  const [title, setTitle] = useState('');
  const [changed, setChanged] = useState<Partial<AutoscalingSettings>>({});
  const [cpu, setCpu] = useState<string | number>('');
  const [memory, setMemory] = useState<string | number>('');
  const [extra, setExtra] = useState<Extra>(NO_EXTRA);
  const [baseImage, setBaseImage] = useState('');
  const [strategy, setStrategy] = useState<OwnStrategyWord | ''>('');
  const [variables, setVariables] = useState<NewVariable[]>([]);
  const [comment, setComment] = useState('');
  const home = choices.environments.find((one) => one.name === environment);
  // What the environment says, until it is changed.
  const scaling: AutoscalingSettings = { ...DEFAULT_SCALING, ...home?.autoscaling, ...(home === undefined ? {} : { min_replicas: home.min_replicas, max_replicas: home.max_replicas }), ...changed };
  const [secrets, setSecrets] = useState<string[]>([]);
  const [placement, setPlacement] = useState<Placement>('replica');
  const [revisionName, setRevisionName] = useState('');
  const [labels, setLabels] = useState('');
  const [balancer, setBalancer] = useState<LoadBalancerSettings>(DEFAULT_BALANCER);
  const [health, setHealth] = useState<HealthCheckSettings>(USUAL_HEALTH);
  const [timeout, setTimeoutSeconds] = useState<string | number>('');
  const [idempotent, setIdempotent] = useState(false);

  const refusal = create.error instanceof ApiError ? create.error : null;
  const taken = refusal !== null && ['name_taken', 'deployment_exists'].includes(refusal.code);
  const field = (key: string) => refusal?.field(key) ?? (taken && key === 'name' ? refusal.message : undefined);
  const badName = name !== '' && !NAME.test(name) ? 'Letters, digits, dot, dash, underscore; begins with a letter or digit; at most 128' : undefined;
  const badBounds = scaling.max_replicas < scaling.min_replicas ? 'At least the minimum' : undefined;
  const chosen = choices.versions.found.find((one) => one.value === version);
  const parsed = labelsOf(labels);
  const advancedRefused = refusal !== null && ['title', 'cpu_cores', 'memory_mib', 'gpu_count', 'gpu_type', 'storage_gb', 'network_mbps', 'secrets', 'base_image', 'placement', 'variables', 'revision_name', 'labels', 'timeout_seconds', 'load_balancing', 'sticky', 'sticky_name', 'interval_seconds', 'startup_threshold_seconds', 'stop_traffic_threshold_seconds', 'restart_threshold_seconds', 'ejection_failures', 'ejection_seconds', 'max_ejected_percentage', 'idempotent'].some((key) => field(key) !== undefined);
  const missing = model === '' || version === '';
  const badVariable = variables.some((one) => one.name === '' || wrongName(one, variables) !== undefined);
  const submit = () => {
    const body: CreateDeploymentRequest = {
      name, model, version, environment, description: description === '' ? null : description, title: title === '' ? null : title,
      min_replicas: scaling.min_replicas, max_replicas: scaling.max_replicas, cpu_cores: number(cpu), memory_mib: number(memory), ...extra, base_image: baseImage === '' ? null : baseImage,
      revision_name: revisionName === '' ? null : revisionName, labels: Object.keys(parsed.labels).length === 0 ? null : parsed.labels,
      secrets: secrets.length === 0 ? null : secrets, autoscaling: scaling, load_balancer: balancer, ...(Object.values(health).every((one) => one === 0 || one === '') ? {} : { health_check: health }), timeout_seconds: number(timeout), idempotent, placement: placement === 'replica' ? null : placement, ...(byName ? { follow } : {}),
      ...(strategy === '' ? {} : { strategy }), ...(variables.length === 0 ? {} : { variables: Object.fromEntries(variables.map((one) => [one.name, one.value])) }), ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
    };
    create.mutate(body, { onSuccess: onCreated });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (badName === undefined && badBounds === undefined && parsed.error === undefined && !missing && !badVariable) submit(); }}>
      <Stack gap="md" maw={640}>
        <SearchSelect label="Model" required data={choices.models.found.map((one) => ({ value: one, label: one }))} value={model === '' ? null : model} placeholder="Choose a model" error={field('model')}
          onSearch={choices.models.onSearch} nothingFoundMessage="No model of that name" description="ID of the model to deploy: the name under which it is registered"
          onChange={(value) => { setModel(value ?? ''); setVersion(''); if (name === '' || name === model) setName(value ?? ''); onModel(value ?? ''); }} />
        <SearchSelect label="Version" required onSearch={choices.versions.onSearch} labelOf={(chosen) => (/^[0-9]+$/.test(chosen) ? `v${chosen}` : chosen)} description="Version of the model to deploy" data={versionData(choices)} value={version === '' ? null : version}
          placeholder={model === '' ? 'Choose a model first' : 'Choose a version'} disabled={model === ''} error={field('version')} onChange={(value) => { setVersion(value ?? ''); }} />
        {byName ? (
          <Checkbox label={`Follow ${version.startsWith('@') ? 'the alias' : 'the stage'}`} checked={follow} onChange={(event) => { setFollow(event.currentTarget.checked); }}
            description={follow ? 'When it moves to another version, that is rolled out here.' : 'When it moves to another version, this deployment shows drift until somebody updates it.'} error={field('follow')} />
        ) : null}
        {chosen?.runnable === false ? <Notice tone="look" title="This version cannot be deployed">{chosen.reason}</Notice> : null}
        <TextInput label="Name" required value={name} error={badName ?? field('name')} description="Part of its address; cannot be changed later" placeholder="resnet-prod, bert-api-v1" spellCheck={false}
          onChange={(event) => { setName(event.currentTarget.value); }} />
        <NativeSelect label="Environment" required description="Where it lives; it is promoted from there" data={choices.environments.length === 0 ? [environment] : choices.environments.map((one) => one.name)} value={environment} error={field('environment')} onChange={(event) => { setEnvironment(event.currentTarget.value); }} />
        <Textarea label="Description" placeholder="Deployment purpose and details" value={description} error={field('description')} autosize minRows={2} onChange={(event) => { setDescription(event.currentTarget.value); }} />
        <OwnStrategy value={strategy} environment={home} error={field('strategy')} onChange={setStrategy} />
        <ScalingFields values={scaling} field={(name) => (name === 'max_replicas' ? badBounds ?? field(name) : field(name))} onChange={(change) => { setChanged((old) => ({ ...old, ...change })); }} />
        <Button variant="subtle" color="gray" size="compact-sm" style={{ alignSelf: 'flex-start' }} aria-expanded={more || advancedRefused} onClick={() => { setMore(!more); }}
          leftSection={more || advancedRefused ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}>Resources, variables, health, labels</Button>
        <Collapse expanded={more || advancedRefused}>
          <Stack gap="md">
            <Group grow align="flex-start">
              <NumberInput label="CPU per replica" suffix={Number(cpu) === 1 ? ' core' : ' cores'} min={0.1} step={0.5} value={cpu} placeholder="The package’s" description="Such as 4, 8 or 16" error={field('cpu_cores')} onChange={setCpu} />
              <NumberInput label="Memory per replica" suffix=" MiB" min={32} step={128} value={memory} placeholder="The package’s" description={memory === '' ? '1024 MiB are 1 GB' : `${Math.round(Number(memory) / 10.24) / 100} GB`} error={field('memory_mib')} onChange={setMemory} />
            </Group>
            <ExtraFields values={extra} field={field} onChange={(change) => { setExtra((old) => ({ ...old, ...change })); }} />
            <Autocomplete label="Base image" description="Interpreter to build for; empty: the package’s, else python" data={choices.baseImages} value={baseImage} error={field('base_image')} onChange={setBaseImage} />
            <NativeSelect label="Runs" data={PLACEMENT} value={placement} error={field('placement')} description="The gateway is for small models that an administrator trusts"
              onChange={(event) => { setPlacement(event.currentTarget.value as Placement); }} />
            <div>
              <div style={{ fontSize: 14, fontWeight: 500, marginBottom: 4 }}>Environment variables</div>
              <Stack gap={8}>
                <NewVariables value={variables} onChange={setVariables} />
                <Button size="xs" variant="default" style={{ alignSelf: 'flex-start' }} leftSection={<Plus size={14} aria-hidden />} onClick={() => { setVariables(withOneMore); }}>Add a variable</Button>
                {field('variables') === undefined ? null : <ErrorState error={create.error} title="A variable is not right" />}
              </Stack>
            </div>
            <SecretNames environment={environment} value={secrets} onChange={setSecrets} error={field('secrets')} description="None chosen: those that the package’s config.yaml names." />
            <BalancerFields values={balancer} field={field} onChange={(change) => { setBalancer((old) => ({ ...old, ...change })); }} />
            <HealthFields values={health} field={field} onChange={(change) => { setHealth((old) => ({ ...old, ...change })); }} />
            <NumberInput label="Time limit of a request" suffix=" s" min={1} value={timeout} placeholder="Server default" error={field('timeout_seconds')} onChange={setTimeoutSeconds} />
            <Checkbox label="Requests may be repeated" description="On another replica when one is lost (idempotent)" checked={idempotent} onChange={(event) => { setIdempotent(event.currentTarget.checked); }} />
            <TextInput label="Title" value={title} error={field('title')} onChange={(event) => { setTitle(event.currentTarget.value); }} />
            <TextInput label="Name of the first revision" value={revisionName} error={field('revision_name')} onChange={(event) => { setRevisionName(event.currentTarget.value); }} />
            <LabelsInput value={labels} onChange={setLabels} error={parsed.error ?? field('labels')} />
          </Stack>
        </Collapse>
        {asksForApproval(home) ? (
          <>
            <AsksForApproval environment={home} />
            <Textarea label="Comment for the reviewers" description="Optional, but do say why." autosize minRows={2} maxLength={5000} value={comment} error={field('comment')} onChange={(event) => { setComment(event.currentTarget.value); }} />
          </>
        ) : null}
        {create.error !== null && refusal?.problem.errors == null && !taken ? <ErrorState error={create.error} title="The deployment was not created" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={create.isPending} disabled={missing || name === '' || badVariable}>{asksForApproval(home) ? 'Ask for approval' : 'Create deployment'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
