import { Button, Group, NativeSelect, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { Rocket } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast } from '../../components/Toasts.tsx';
import { isAsked, told } from '../../lib/asked.ts';
import { GPU_TYPES } from '../../lib/gpus.ts';
import { ApiError } from '../../lib/http.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { useDeploy } from './recordApi.ts';

/** Deploys a version: endpoint, environment, replicas. Says so when the version is not in Production. */
export function DeployButton({ version, environments, compact = false, label = 'Deploy' }: { version: ModelVersionInfo; environments: string[]; compact?: boolean; label?: string }) {
  const [opened, setOpened] = useState(false);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="deploy_to_development"><Button size={compact ? 'compact-xs' : undefined} variant={compact ? 'default' : undefined} leftSection={compact ? undefined : <Rocket size={15} aria-hidden />} aria-label={compact ? `Deploy v${version.version}` : undefined}
        onClick={() => { setOpened(true); }}>{label}</Button></Needs>
      <GuardedModal opened={opened} onClose={close} title={`Deploy ${version.model} v${version.version}`} centered>
        {opened ? <DeployForm version={version} environments={environments} onClose={close} /> : null}
      </GuardedModal>
    </>
  );
}

function DeployForm({ version, environments, onClose }: { version: ModelVersionInfo; environments: string[]; onClose: () => void }) {
  const navigate = useNavigate();
  const deploy = useDeploy();
  const [name, setName] = useState(version.model);
  const [environment, setEnvironment] = useState(version.stage === 'Production' && environments.includes('production') ? 'production' : 'development');
  const [min, setMin] = useState<string | number>(1);
  const [max, setMax] = useState<string | number>(1);
  const [gpu, setGpu] = useState('');
  const refusal = deploy.error instanceof ApiError ? deploy.error : null;
  const taken = refusal !== null && ['name_taken', 'deployment_exists'].includes(refusal.code);
  const field = (key: string) => refusal?.field(key);
  const shown = taken || ['name', 'environment', 'min_replicas', 'max_replicas', 'gpu_count', 'gpu_type'].some((key) => field(key) !== undefined);
  const badBounds = min !== '' && max !== '' && Number(max) < Number(min) ? 'At least the minimum' : undefined;
  const submit = () => {
    deploy.mutate({ name: name.trim(), model: version.model, version: String(version.version), environment, min_replicas: min === '' ? null : Number(min), max_replicas: max === '' ? null : Number(max), ...(gpu === '' ? {} : { gpu_count: 1, gpu_type: gpu }) }, {
      onSuccess: (made) => {
        onClose();
        if (isAsked(made)) {
          toast(told(made, () => ''));
          void navigate({ to: '/approvals/$id', params: { id: made.id } });
        } else void navigate({ to: '/deployments/$env/$name', params: { env: made.environment, name: made.name } });
      },
    });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        {version.stage === 'Production' ? null : (
          <Notice tone="look" title={`v${version.version} is ${version.stage === 'None' ? 'in no stage' : `in ${version.stage}`}, not in Production`}>
            {environment === 'production' ? 'What serves real users should have been reviewed: move it to Production first, if you can.' : 'That is fine for trying it out. Move it to Production before it serves real users.'}
          </Notice>
        )}
        <TextInput label="Endpoint name" description="Last part of its address; it cannot be changed later." value={name} error={taken ? refusal?.problem.detail : field('name')} data-autofocus spellCheck={false} onChange={(event) => { setName(event.currentTarget.value); }} />
        <Select label="Environment" data={environments} value={environment} allowDeselect={false} error={field('environment')} onChange={(value) => { setEnvironment(value ?? 'development'); }} />
        <Group gap="sm" grow align="flex-start">
          <NumberInput label="Minimum replicas" min={1} allowDecimal={false} value={min} error={field('min_replicas')} onChange={setMin} />
          <NumberInput label="Maximum replicas" min={1} allowDecimal={false} value={max} error={field('max_replicas') ?? badBounds} onChange={setMax} />
        </Group>
        <NativeSelect label="GPU" description="One for each replica; the machine must have it." data={[{ value: '', label: 'None' }, ...GPU_TYPES]} value={gpu} error={field('gpu_type') ?? field('gpu_count')}
          onChange={(event) => { setGpu(event.currentTarget.value); }} />
        {deploy.error === null || shown ? null : <ErrorState error={deploy.error} title="It was not deployed" />}
        <Group justify="space-between" gap="xs">
          <Link to="/deployments/new" search={{ model: version.model, version: String(version.version) }} className="sw-link" style={{ fontSize: 13.5 }}>All settings</Link>
          <Group gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={deploy.isPending} disabled={name.trim() === '' || badBounds !== undefined}>Deploy</Button></Group>
        </Group>
      </Stack>
    </form>
  );
}
