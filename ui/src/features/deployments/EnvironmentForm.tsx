import { Checkbox, Group, MultiSelect, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import type { ApiError } from '../../lib/http.ts';
import type { AutoscalingSettings, Cleanup, EnvironmentInfo, PromotionSettings, UpdateEnvironmentRequest, RolloutGateSettings } from '../../lib/wire.ts';
import { DEFAULT_SCALING, ScalingFields } from './ScalingFields.tsx';

/** The settings of an environment as the form holds them. */
export interface EnvironmentValues {
  after: string; protected: boolean; approval: boolean; reviewers: string[]; requires_stage: string; min_replicas: number; max_replicas: number; promotion: PromotionSettings; steps: string;
  /** Null: none of its own. */
  autoscaling: AutoscalingSettings | null;
}

export const NEW_PROMOTION: PromotionSettings = {
  strategy: 'rolling', max_surge_percent: 10, max_unavailable_percent: 0, stabilization_seconds: 0, overhead_percent: 0, steps: null, window_seconds: 600,
  previous_cleanup: 'scale_to_zero', source_after_promotion: 'scale_to_zero', bake_seconds: 0, gate: null,
};

export const valuesOf = (environment: EnvironmentInfo, after: string): EnvironmentValues => ({
  after, protected: environment.protected, approval: environment.approval, reviewers: environment.reviewers, requires_stage: environment.requires_stage ?? '',
  min_replicas: environment.min_replicas, max_replicas: environment.max_replicas, promotion: environment.promotion, steps: environment.promotion.steps?.join(', ') ?? '',
  autoscaling: environment.autoscaling,
});

/** What the form says, for the server. Steps that are no numbers are undefined: the field says so. */
export function requestOf(values: EnvironmentValues): UpdateEnvironmentRequest | undefined {
  const steps = values.steps.split(/[\s,%]+/).filter((word) => word !== '').map(Number);
  if (steps.some((step) => !Number.isInteger(step))) return undefined;
  return {
    protected: values.protected, approval: values.protected && values.approval, reviewers: values.reviewers, requires_stage: values.protected ? values.requires_stage : '',
    min_replicas: values.min_replicas, max_replicas: values.max_replicas, promotion: { ...values.promotion, steps },
    autoscaling: withoutBounds(values.autoscaling),
  };
}

/** Bounds are the environment's own; an empty one takes it away. */
const withoutBounds = (autoscaling: AutoscalingSettings | null): Partial<AutoscalingSettings> =>
  (autoscaling === null ? {} : { ...autoscaling, min_replicas: undefined, max_replicas: undefined, variants: undefined });

const CLEANUP: { value: Cleanup; label: string }[] = [
  { value: 'keep', label: 'Keep it as it is' }, { value: 'scale_to_zero', label: 'Scale it to zero' }, { value: 'deactivate', label: 'Deactivate it' },
];
const asCleanup = (value: string): Cleanup => (value === 'keep' || value === 'deactivate' ? value : 'scale_to_zero');

/** Place, protection, defaults and promotion of an environment. */
export function EnvironmentFields({ values, set, refusal, builtIn, production, others, users, readOnly = false }: {
  values: EnvironmentValues; set: (change: Partial<EnvironmentValues>) => void; refusal: ApiError | null; builtIn: boolean; production: boolean; others: string[]; users: string[]; readOnly?: boolean;
}) {
  return (
    <fieldset disabled={readOnly} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <Stack gap="sm">
        {builtIn ? null : (
          <NativeSelect label="Comes after" description="A promotion goes from one environment to the next" data={others} value={values.after} error={refusal?.field('after')}
            onChange={(event) => { set({ after: event.currentTarget.value }); }} />
        )}
        <Checkbox label="Protected" description={production ? 'Production always is' : 'What becomes live here passes the gate'} checked={values.protected} disabled={production} error={refusal?.field('protected')}
          onChange={(event) => { set({ protected: event.currentTarget.checked }); }} />
        {values.protected ? <Protection values={values} set={set} refusal={refusal} users={users} /> : null}
        <div role="group" aria-labelledby="environment-defaults">
          <div id="environment-defaults" style={{ fontSize: 14, fontWeight: 600 }}>Scaling of a deployment that does not say</div>
          <div className="sw-dim" style={{ fontSize: 12.5, margin: '2px 0 8px' }}>The form of a new deployment begins with it, and what is promoted to here for the first time has it</div>
          <Defaults values={values} set={set} refusal={refusal} />
        </div>
        <Promotion values={values} set={set} refusal={refusal} />
      </Stack>
    </fieldset>
  );
}

type Part = { values: EnvironmentValues; set: (change: Partial<EnvironmentValues>) => void; refusal: ApiError | null };

function Defaults({ values, set, refusal }: Part) {
  const field = (name: string) => refusal?.field(name) ?? refusal?.field(`autoscaling.${name}`);
  return (
    <ScalingFields values={{ ...(values.autoscaling ?? DEFAULT_SCALING), min_replicas: values.min_replicas, max_replicas: values.max_replicas }} field={field}
      onChange={({ min_replicas: min, max_replicas: max, ...change }) => {
        const after = { ...(values.autoscaling ?? DEFAULT_SCALING), ...change };
        set({
          ...(min === undefined ? {} : { min_replicas: min }), ...(max === undefined ? {} : { max_replicas: max }),
          ...(Object.keys(change).length === 0 ? {} : { autoscaling: change.enabled === false ? null : after }),
        });
      }} />
  );
}

function Protection({ values, set, refusal, users }: Part & { users: string[] }) {
  return (
    <Stack gap="sm" pl={30}>
      <Checkbox label="Ask for approval" description="A reviewer decides before it becomes live" checked={values.approval} error={refusal?.field('approval')}
        onChange={(event) => { set({ approval: event.currentTarget.checked }); }} />
      {values.approval ? (
        <MultiSelect label="Reviewers" description="Nobody decides their own request" data={[...new Set([...users, ...values.reviewers])]} value={values.reviewers} searchable error={refusal?.field('reviewers')}
          onChange={(reviewers) => { set({ reviewers }); }} />
      ) : null}
      <NativeSelect label="Stage of the model version" value={values.requires_stage} error={refusal?.field('requires_stage')} onChange={(event) => { set({ requires_stage: event.currentTarget.value }); }}
        data={[{ value: '', label: 'Any' }, { value: 'Staging', label: 'Staging' }, { value: 'Production', label: 'Production' }]} />
    </Stack>
  );
}

function Promotion({ values, set, refusal }: Part) {
  const { promotion } = values;
  const change = (some: Partial<PromotionSettings>) => { set({ promotion: { ...promotion, ...some } }); };
  const number = (label: string, field: 'stabilization_seconds' | 'overhead_percent' | 'window_seconds' | 'bake_seconds', suffix: string, max: number, description: string) => (
    <NumberInput label={label} description={description} suffix={suffix} min={0} max={max} value={promotion[field]} error={refusal?.field(`promotion.${field}`)} onChange={(value) => { change({ [field]: Number(value) }); }} />
  );
  const gate = (some: RolloutGateSettings) => { change({ gate: { ...promotion.gate, ...some } }); };
  const surge = promotion.max_unavailable_percent === 0;
  return (
    <>
      <NativeSelect label="A new revision takes over by" value={promotion.strategy} error={refusal?.field('promotion.strategy')}
        data={[{ value: 'rolling', label: 'Rolling: replica by replica (recommended)' }, { value: 'blue_green', label: 'Blue-green: a full new set, then one switch' }, { value: 'canary', label: 'Canary: a small share first, more while it is well' }]}
        onChange={(event) => { const word = event.currentTarget.value; change({ strategy: word === 'canary' || word === 'blue_green' ? word : 'rolling' }); }} />
      {promotion.strategy === 'rolling' ? (
        <>
          <Group grow align="flex-start">
            <NativeSelect label="Step by" description="More replicas first, or fewer first" value={surge ? 'surge' : 'unavailable'}
              data={[{ value: 'surge', label: 'Surge: new ones first' }, { value: 'unavailable', label: 'Unavailable: old ones first' }]}
              onChange={(event) => { change(event.currentTarget.value === 'surge' ? { max_surge_percent: 10, max_unavailable_percent: 0 } : { max_surge_percent: 0, max_unavailable_percent: 10 }); }} />
            <NumberInput label="Size of a step" description="Of the replicas, rounded up" suffix=" %" min={1} max={50} value={surge ? promotion.max_surge_percent : promotion.max_unavailable_percent}
              error={refusal?.field('promotion.max_surge_percent') ?? refusal?.field('promotion.max_unavailable_percent')}
              onChange={(value) => { change(surge ? { max_surge_percent: Number(value) } : { max_unavailable_percent: Number(value) }); }} />
          </Group>
          <Group grow align="flex-start">
            {number('Stabilisation', 'stabilization_seconds', ' s', 3600, 'Pause after each shift')}
            {number('Overhead', 'overhead_percent', ' %', 500, 'Replicas added before the first shift')}
          </Group>
        </>
      ) : null}
      {promotion.strategy === 'canary' ? (
        <Group grow align="flex-start">
          <TextInput label="Steps" description="Percent with commas; empty: ten equal ones" value={values.steps} error={requestOf(values) === undefined ? 'Whole numbers with commas' : refusal?.field('promotion.steps')}
            onChange={(event) => { set({ steps: event.currentTarget.value }); }} />
          {number('Window', 'window_seconds', ' s', 604_800, 'Time for all steps')}
        </Group>
      ) : null}
      <Group grow align="flex-start">
        {number('Watch on', 'bake_seconds', ' s', 86_400, 'At 100 %, before it has succeeded')}
        <NumberInput label="Most failed requests" description="Empty: only against the revision before" suffix=" %" min={0} max={100} value={promotion.gate?.max_error_rate == null ? '' : promotion.gate.max_error_rate * 100}
          error={refusal?.field('promotion.gate.max_error_rate')} onChange={(value) => { gate({ max_error_rate: value === '' ? null : Number(value) / 100 }); }} />
        <NumberInput label="Highest p95" description="Empty: only against the revision before" suffix=" ms" min={1} value={promotion.gate?.max_p95_ms ?? ''}
          error={refusal?.field('promotion.gate.max_p95_ms')} onChange={(value) => { gate({ max_p95_ms: value === '' ? null : Number(value) }); }} />
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <NumberInput label="More failed requests than before" description="Empty: 5 % at most" suffix=" %" min={0} max={100} decimalScale={2} value={promotion.gate?.max_error_rate_increase == null ? '' : promotion.gate.max_error_rate_increase * 100}
          error={refusal?.field('promotion.gate.max_error_rate_increase')} onChange={(value) => { gate({ max_error_rate_increase: value === '' ? null : Number(value) / 100 }); }} />
        <NumberInput label="Times the p95 of before" description="Empty: 2 at most" min={1} decimalScale={2} value={promotion.gate?.max_p95_ratio ?? ''}
          error={refusal?.field('promotion.gate.max_p95_ratio')} onChange={(value) => { gate({ max_p95_ratio: value === '' ? null : Number(value) }); }} />
        <NumberInput label="Judged from" description="Empty: 20 requests of a side" suffix=" requests" min={1} value={promotion.gate?.min_requests ?? ''}
          error={refusal?.field('promotion.gate.min_requests')} onChange={(value) => { gate({ min_requests: value === '' ? null : Number(value) }); }} />
        <NumberInput label="Waits for them" description="Empty: 300 s, then it pauses" suffix=" s" min={0} value={promotion.gate?.wait_seconds ?? ''}
          error={refusal?.field('promotion.gate.wait_seconds')} onChange={(value) => { gate({ wait_seconds: value === '' ? null : Number(value) }); }} />
      </SimpleGrid>
      <Group grow align="flex-start">
        <NativeSelect label="The revision that was replaced" description="Once the rollout has succeeded" data={CLEANUP} value={promotion.previous_cleanup} onChange={(event) => { change({ previous_cleanup: asCleanup(event.currentTarget.value) }); }} />
        <NativeSelect label="The deployment promoted from" description="Once the rollout has succeeded" data={CLEANUP} value={promotion.source_after_promotion} onChange={(event) => { change({ source_after_promotion: asCleanup(event.currentTarget.value) }); }} />
      </Group>
    </>
  );
}
