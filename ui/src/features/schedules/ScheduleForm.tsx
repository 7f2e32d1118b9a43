import { Button, Checkbox, Collapse, Group, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { ApiError } from '../../lib/http.ts';
import { formatJson } from '../../lib/format.ts';
import type { ScheduleInfo } from '../../lib/wireSchedules.ts';
import { useCreateSchedule, useUpdateSchedule } from './api.ts';
import { CronField, localZone } from './CronField.tsx';
import { filesOf, PackageInput, type PackageDraft } from './PackageInput.tsx';
import { scriptOf, usePresentScript } from './present.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const PACKAGE_CODES = ['job_command_missing', 'job_file_missing', 'bad_config', 'bad_requirements', 'unknown_base_image', 'base_image_unusable'];
const ADVANCED = ['variables', 'timeout_seconds', 'cpu_cores', 'memory_mib', 'grace_seconds', 'description', 'base_image'];
const number = (value: string | number) => (value === '' ? null : Number(value));

function objectOf(text: string): { value: Record<string, unknown> | null; error?: string } {
  if (text.trim() === '') return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value: value as Record<string, unknown> } : { value: null, error: 'A JSON object, such as {"depth": 3}' };
  } catch { return { value: null, error: 'This is not JSON yet' }; }
}

function variablesOf(text: string): { value: Record<string, string>; error?: string } {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const bad = lines.find((line) => line.indexOf('=') < 1);
  return { value: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])), error: bad === undefined ? undefined : `${bad} is not NAME=VALUE` };
}

/** All fields of a schedule: new, or of one that is there. What the server refuses is shown at its field, and input is kept. */
export function ScheduleForm({ schedule: newest, onDone, onCancel }: { schedule?: ScheduleInfo; onDone: (schedule: ScheduleInfo) => void; onCancel: () => void }) {
  const [schedule] = useState(newest);   // with its etag: what somebody else changed since is not written over
  const create = useCreateSchedule();
  const update = useUpdateSchedule(schedule?.name ?? '');
  const [name, setName] = useState(schedule?.name ?? '');
  const [experiment, setExperiment] = useState(schedule?.experiment ?? '');
  const [cron, setCron] = useState(schedule?.cron ?? '');
  const [timeZone, setTimeZone] = useState(schedule?.time_zone ?? localZone());
  const [draft, setDraft] = useState<PackageDraft>({ kind: schedule === undefined ? 'script' : 'keep', script: null, requirements: null, folder: [] });
  const present = usePresentScript(schedule, draft.kind === 'script');
  const replaces = schedule !== undefined && scriptOf(schedule.package) === null;
  const edited = draft.kind === 'script' ? present.data : undefined;
  const [parameters, setParameters] = useState(formatJson(schedule?.parameters ?? {}));
  const [variables, setVariables] = useState(Object.entries(schedule?.variables ?? {}).map(([key, value]) => `${key}=${value}`).join('\n'));
  const [description, setDescription] = useState(schedule?.description ?? '');
  const [timeout, setTimeoutSeconds] = useState<string | number>(schedule?.timeout_seconds ?? '');
  const [cpu, setCpu] = useState<string | number>(schedule?.cpu_cores ?? '');
  const [memory, setMemory] = useState<string | number>(schedule?.memory_mib ?? '');
  const [grace, setGrace] = useState<string | number>(schedule?.grace_seconds ?? '');
  const [typedImage, setBaseImage] = useState<string | null>(null);
  const [paused, setPaused] = useState(false);
  const [more, setMore] = useState(false);

  const failed = schedule === undefined ? create.error : update.error;
  const refusal = failed instanceof ApiError ? failed : null;
  const taken = refusal?.code === 'schedule_already_exists';
  const field = (key: string) => refusal?.field(key) ?? (taken && key === 'name' ? refusal.message : undefined);
  const packageError = refusal !== null && PACKAGE_CODES.includes(refusal.code) ? refusal.message : undefined;
  const badName = name !== '' && !NAME.test(name) ? 'Letters, digits, dot, dash, underscore; begins with a letter or digit; at most 128' : undefined;
  const given = objectOf(parameters);
  const plain = variablesOf(variables);
  const open = more || ADVANCED.some((key) => field(key) !== undefined) || plain.error !== undefined;
  const missing = name === '' || experiment.trim() === '' || cron.trim() === '' || (draft.kind === 'folder' && draft.folder.length === 0)
    || (draft.kind === 'script' && schedule !== undefined && !replaces && edited === undefined);
  const presentImage = draft.kind === 'folder' ? '' : schedule?.package.base_image ?? '';   // another folder may name its own
  const baseImage = typedImage ?? presentImage;
  const submit = () => {
    const files = filesOf(draft, edited);
    const settings = {
      experiment, cron, time_zone: timeZone, description, parameters: given.value, variables: plain.value, timeout_seconds: number(timeout), cpu_cores: number(cpu),
      memory_mib: number(memory), grace_seconds: number(grace), base_image: baseImage === '' || (files.length === 0 && baseImage === presentImage) ? null : baseImage, files,
    };
    if (schedule === undefined) create.mutate({ ...settings, name, paused }, { onSuccess: onDone });
    else update.mutate({ ...settings, others: edited?.others ?? [], etag: schedule.etag }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (badName === undefined && given.error === undefined && plain.error === undefined && !missing) submit(); }}>
      <Stack gap="md">
        {schedule === undefined ? <TextInput label="Name" required value={name} error={badName ?? field('name')} description="Cannot be changed later" spellCheck={false} onChange={(event) => { setName(event.currentTarget.value); }} /> : null}
        <TextInput label="Experiment" required value={experiment} error={field('experiment')} description="Its runs belong to it; made at the first run when it is missing" onChange={(event) => { setExperiment(event.currentTarget.value); }} />
        <CronField cron={cron} timeZone={timeZone} onCron={setCron} onTimeZone={setTimeZone} cronError={field('cron')} zoneError={field('time_zone')} />
        <PackageInput draft={draft} onChange={setDraft} canKeep={schedule !== undefined} present={schedule === undefined || replaces ? undefined : present} replaces={replaces} error={packageError} />
        <div>
          <div className="mantine-InputWrapper-label" style={{ fontSize: 14, fontWeight: 500 }}>Parameters (JSON)</div>
          <div className="sw-dim" style={{ fontSize: 12.5, marginBottom: 4 }}>A file and a variable of the job hold them</div>
          <Code value={parameters} language="json" label="Parameters" height="90px" onChange={setParameters} />
          {given.error ?? field('parameters') ? <div role="alert" style={{ color: 'var(--sw-broken)', fontSize: 13 }}>{given.error ?? field('parameters')}</div> : null}
        </div>
        <Button variant="subtle" color="gray" size="compact-sm" style={{ alignSelf: 'flex-start' }} aria-expanded={open} onClick={() => { setMore(!more); }}
          leftSection={open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}>Limits, variables, description</Button>
        <Collapse expanded={open}>
          <Stack gap="md">
            <Group grow align="flex-start">
              <NumberInput label="Time limit" suffix=" s" min={1} value={timeout} placeholder="3600 s" error={field('timeout_seconds')} onChange={setTimeoutSeconds} description="Then it is ended" />
              <NumberInput label="May begin late" suffix=" s" min={0} value={grace} placeholder="300 s" error={field('grace_seconds')} onChange={setGrace} description="When no server ran at its time" />
            </Group>
            <Group grow align="flex-start">
              <NumberInput label="CPU" suffix={Number(cpu) === 1 ? ' core' : ' cores'} min={0.1} step={0.5} value={cpu} placeholder="The package’s, or 1" error={field('cpu_cores')} onChange={setCpu} />
              <NumberInput label="Memory" suffix=" MiB" min={32} step={128} value={memory} placeholder="The package’s, or 1024" error={field('memory_mib')} onChange={setMemory} />
            </Group>
            <Textarea label="Variables" description="NAME=VALUE, one a line; plain text, readable for everybody who may read schedules" autosize minRows={2} value={variables} spellCheck={false}
              error={plain.error ?? field('variables')} onChange={(event) => { setVariables(event.currentTarget.value); }} />
            <TextInput label="Base image" description={schedule === undefined ? 'Interpreter to build for; empty: the package’s, else python' : 'Interpreter to build for; another one resolves the requirements anew'} value={baseImage} spellCheck={false} error={field('base_image')}
              onChange={(event) => { setBaseImage(event.currentTarget.value); }} />
            <Textarea label="Description" autosize minRows={2} maxLength={5000} value={description} error={field('description')} onChange={(event) => { setDescription(event.currentTarget.value); }} />
            {schedule === undefined ? <Checkbox label="Begin paused" description="Its due times are recorded as missed until it is resumed" checked={paused} onChange={(event) => { setPaused(event.currentTarget.checked); }} /> : null}
          </Stack>
        </Collapse>
        {failed === null || (refusal?.problem.errors != null) || taken || packageError !== undefined ? null
          : <ErrorState error={failed} title={schedule === undefined ? 'The schedule was not made' : 'The schedule was not changed'} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={create.isPending || update.isPending} disabled={missing}>{schedule === undefined ? 'Create schedule' : 'Save'}</Button>
        </Group>
      </Stack>
    </form>
  );
}
