import { Autocomplete, Button, Checkbox, Group, NativeSelect, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LabelsInput, labelsOf, labelsText } from '../../components/LabelsInput.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import { Notice } from '../../components/Notice.tsx';
import type { DeploymentInfo, Placement, RevisionInfo } from '../../lib/wire.ts';
import { useCreateRevision, useEnvironments, useRevisions } from './api.ts';
import { PLACEMENT } from './DeploymentForm.tsx';
import { ExtraFields, extraChanges, extraOf, NO_EXTRA, type Extra } from './ExtraFields.tsx';
import { defaultVariant } from './facts.ts';
import { DEFAULT_STRATEGY, settingsOf, StrategyFields } from './StrategyFields.tsx';
import { useUpdateChoices } from './updateChoices.ts';
import { asksForApproval } from './waiting.ts';
import { AsksForApproval } from './WaitingRequest.tsx';

/** Update model: a new revision, filled in from the live one, and how it is rolled out. Creating it starts its rollout. */
export function RevisionForm({ opened, onClose, deployment }: { opened: boolean; deployment: DeploymentInfo; onClose: () => void }) {
  return (
    <GuardedModal opened={opened} onClose={onClose} title="Update model" centered size="lg">
      {deployment.live === null ? <OfNewest key={String(opened)} deployment={deployment} onClose={onClose} /> : <Body key={String(opened)} deployment={deployment} before={deployment.live} onClose={onClose} />}
    </GuardedModal>
  );
}

/** Nothing was live yet: the newest revision, which did not get there, is what the next one begins with. */
function OfNewest({ deployment, onClose }: { deployment: DeploymentInfo; onClose: () => void }) {
  const revisions = useRevisions(deployment);
  return (
    <QueryView query={revisions} title="The revisions could not be loaded" loading={<BlockSkeleton height={420} />}>
      {([newest]) => (newest === undefined ? null : <Body deployment={deployment} before={newest} onClose={onClose} />)}
    </QueryView>
  );
}

function Body({ deployment, before, onClose }: { deployment: DeploymentInfo; before: RevisionInfo; onClose: () => void }) {
  const live = defaultVariant(before);
  const { versions, names, baseImages } = useUpdateChoices(live?.model ?? '');
  const create = useCreateRevision({ environment: deployment.environment, name: deployment.name });
  const [version, setVersion] = useState<string | null>(live === null ? null : String(live.model_version));
  const [baseImage, setBaseImage] = useState(live?.base_image ?? '');
  const [cpu, setCpu] = useState<string | number>(live?.resources.cpu_cores ?? '');
  const [memory, setMemory] = useState<string | number>(live?.resources.memory_mib ?? '');
  const [ofPackage, setOfPackage] = useState(false);
  const was: Extra = live === null ? NO_EXTRA : extraOf(live);
  const [extra, setExtra] = useState<Extra>(was);
  const [placement, setPlacement] = useState<Placement>(live?.placement ?? 'replica');
  const [name, setName] = useState('');
  const [labels, setLabels] = useState(labelsText(before.labels));
  const [strategy, setStrategy] = useState(DEFAULT_STRATEGY);
  const [comment, setComment] = useState('');
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  const asks = asksForApproval(environment);
  const parsed = labelsOf(labels);
  const refusal = create.error instanceof ApiError ? create.error : null;
  const submit = () => {
    create.mutate({
      version: version ?? undefined,
      base_image: baseImage === '' || baseImage === live?.base_image ? undefined : baseImage,
      package_resources: ofPackage ? true : undefined,
      cpu_cores: ofPackage || cpu === '' || Number(cpu) === live?.resources.cpu_cores ? undefined : Number(cpu),
      memory_mib: ofPackage || memory === '' || Number(memory) === live?.resources.memory_mib ? undefined : Number(memory),
      ...extraChanges(was, extra),
      placement: placement === live?.placement ? undefined : placement,
      revision_name: name === '' ? undefined : name,
      labels: labels === labelsText(before.labels) ? undefined : parsed.labels,
      ...(deployment.mode === 'live' ? {} : { rollout: settingsOf(strategy) }),
      comment: comment.trim() === '' ? undefined : comment.trim(),
    }, { onSuccess: (answer) => { toast(told(answer, (rollout) => [`Revision ${rollout.to_revision} is being rolled out.`, ...rollout.notes].join(' '))); onClose(); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (parsed.error === undefined) submit(); }}>
      <Stack gap="sm">
        <Select label={`Version${live === null ? '' : ` of ${live.model}`}`} required searchable data={names.length === 0 ? versions : [{ group: 'Versions', items: versions }, { group: 'What a name names now', items: names }]} value={version}
          error={refusal?.field('version')} onChange={setVersion} inputWrapperOrder={['label', 'input', 'description', 'error']}
          description={version?.startsWith('@') === true || version?.startsWith('/') === true ? 'The version that it names now. To go along when it moves: Following, under Advanced.' : 'Of the default variant; the others stay as they are'} />
        <Autocomplete label={<>Base image<RestartMark /></>} data={baseImages} value={baseImage} error={refusal?.field('base_image')} onChange={setBaseImage} />
        {live?.runtime === 'onnx' ? (
          <NativeSelect label="Runs" data={PLACEMENT} value={placement} error={refusal?.field('placement')} description="The gateway is for small models that an administrator trusts"
            onChange={(event) => { setPlacement(event.currentTarget.value as Placement); }} />
        ) : null}
        <Group grow align="flex-start">
          <NumberInput label={<>CPU per replica<RestartMark /></>} suffix={Number(cpu) === 1 ? ' core' : ' cores'} min={0.1} step={0.5} value={cpu} disabled={ofPackage} error={refusal?.field('cpu_cores')} onChange={setCpu} />
          <NumberInput label={<>Memory per replica<RestartMark /></>} suffix=" MiB" min={32} step={128} value={memory} disabled={ofPackage} error={refusal?.field('memory_mib')} onChange={setMemory} />
        </Group>
        <Checkbox label="CPU and memory that the version’s package asks for" description="Where its config.yaml says nothing, they stay as they are." checked={ofPackage} onChange={(event) => { setOfPackage(event.currentTarget.checked); }} />
        <ExtraFields values={extra} field={(name) => refusal?.field(name)} onChange={(change) => { setExtra((old) => ({ ...old, ...change })); }} />
        <TextInput label="Name of the revision" placeholder="Made up when empty" value={name} error={refusal?.field('revision_name')} onChange={(event) => { setName(event.currentTarget.value); }} />
        <LabelsInput value={labels} onChange={setLabels} error={parsed.error ?? refusal?.field('labels')} />
        {deployment.mode === 'live' ? <Notice tone="look">A live deployment is replaced: the old replica goes, then the new one comes, and requests wait in between.</Notice> : <StrategyFields value={strategy} onChange={setStrategy} refusal={refusal} deployment={deployment} environment={environment} />}
        {asks ? (
          <>
            <AsksForApproval environment={environment} />
            <Textarea label="Comment for the reviewers" description="Optional, but do say why." autosize minRows={2} maxLength={5000} value={comment} error={refusal?.field('comment')} onChange={(event) => { setComment(event.currentTarget.value); }} />
          </>
        ) : null}
        {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The revision was not made" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending}>{asks ? 'Ask for approval' : 'Update'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
