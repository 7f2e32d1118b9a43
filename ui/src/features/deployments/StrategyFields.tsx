import { Checkbox, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import type { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo, EnvironmentInfo, PreviousCleanup, RolloutSettings, RolloutStrategy } from '../../lib/wire.ts';
import { strategyWords } from './environments.ts';

/** What the dialog asks about how a revision is rolled out. Texts, because a field may be empty. */
export interface StrategyChoice {
  strategy: RolloutStrategy | 'environment';
  mode: 'surge' | 'unavailable'; percent: string | number; stabilization: string | number; overhead: string | number;
  steps: string; window: string | number; bake: string | number; cleanup: PreviousCleanup;
  gated: boolean; errorPercent: string | number; p95: string | number; moreErrorsPercent: string | number; p95Ratio: string | number; requests: string | number; wait: string | number;
  deadline: string | number;
}

export const DEFAULT_STRATEGY: StrategyChoice = {
  strategy: 'environment', mode: 'surge', percent: 10, stabilization: 0, overhead: 0, steps: '', window: 600, bake: 0, cleanup: 'scale_to_zero', gated: false, errorPercent: 1, p95: '',
  moreErrorsPercent: '', p95Ratio: '', requests: '', wait: '', deadline: '',
};

const MEANINGS: Record<StrategyChoice['strategy'], string> = {
  environment: 'As its settings and the environment’s promotion settings say, with their gate and their limits.',
  rolling: 'Recommended. Replica by replica: each new one that is ready takes its share of the traffic and the place of an old one.',
  blue_green: 'A full set of the new revision beside the old one, then one switch. Needs twice the replicas meanwhile; the way back is immediate.',
  canary: 'A small share of the traffic first, then more at each step while errors and latency stay as they were.',
};

const number = (value: string | number) => (value === '' ? undefined : Number(value));
const percent = (value: string | number) => (value === '' ? undefined : Number(value) / 100);

/** The request's part; undefined: the environment decides. */
export function settingsOf(choice: StrategyChoice): RolloutSettings | undefined {
  const gate = choice.gated ? {
    gate: {
      max_error_rate: percent(choice.errorPercent), max_p95_ms: number(choice.p95), max_error_rate_increase: percent(choice.moreErrorsPercent), max_p95_ratio: number(choice.p95Ratio),
      min_requests: number(choice.requests), wait_seconds: number(choice.wait),
    },
  } : {};
  const common = { bake_seconds: number(choice.bake), previous_cleanup: choice.cleanup, progress_deadline_seconds: number(choice.deadline), ...gate };
  switch (choice.strategy) {
    case 'environment': return undefined;
    case 'rolling': return {
      strategy: 'rolling', ...(choice.mode === 'surge' ? { max_surge_percent: number(choice.percent) } : { max_unavailable_percent: number(choice.percent) }),
      stabilization_seconds: number(choice.stabilization), overhead_percent: number(choice.overhead), ...common,
    };
    case 'canary': return { strategy: 'canary', window_seconds: number(choice.window), ...(choice.steps.trim() === '' ? {} : { steps: choice.steps.split(/[\s,]+/).filter((part) => part !== '').map(Number) }), ...common };
    default: return { strategy: choice.strategy, ...common };
  }
}

/** Strategy and its fields; only those that mean something for it. First chosen is what the deployment says, else its `environment`; undefined while that is not known. */
export function StrategyFields({ value, onChange, refusal, deployment, environment }: {
  value: StrategyChoice; onChange: (value: StrategyChoice) => void; refusal: ApiError | null; deployment: DeploymentInfo; environment: EnvironmentInfo | undefined;
}) {
  const set = (change: Partial<StrategyChoice>) => { onChange({ ...value, ...change }); };
  const wrong = (field: string) => refusal?.field(`rollout.${field}`);
  return (
    <Stack gap="sm">
      <Select label="How it is rolled out" allowDeselect={false} value={value.strategy} description={MEANINGS[value.strategy]} inputWrapperOrder={['label', 'input', 'description', 'error']} error={wrong('strategy')}
        data={[{ value: 'environment', label: environment === undefined ? 'As the environment says' : strategyWords(deployment, environment) }, { value: 'rolling', label: 'Rolling' }, { value: 'blue_green', label: 'Blue-green' }, { value: 'canary', label: 'Canary' }]}
        onChange={(strategy) => { set({ strategy: (strategy ?? 'environment') as StrategyChoice['strategy'] }); }} />
      {value.strategy !== 'rolling' ? null : (
        <>
          <Group grow align="flex-end">
            <SegmentedControl aria-label="What a batch does first" value={value.mode} data={[{ value: 'surge', label: 'Start new first' }, { value: 'unavailable', label: 'End old first' }]}
              onChange={(mode) => { set({ mode: mode === 'surge' ? 'surge' : 'unavailable' }); }} />
            <NumberInput label="Batch" suffix=" % of the replicas" min={1} max={50} value={value.percent} error={wrong('max_surge_percent') ?? wrong('max_unavailable_percent')} onChange={(percent) => { set({ percent }); }} />
          </Group>
          <Group grow align="flex-start">
            <NumberInput label="Wait after each shift" suffix=" s" min={0} max={3600} value={value.stabilization} error={wrong('stabilization_seconds')} onChange={(stabilization) => { set({ stabilization }); }} />
            <NumberInput label="Old replicas added before" suffix=" %" min={0} max={500} value={value.overhead} error={wrong('overhead_percent')} onChange={(overhead) => { set({ overhead }); }} />
          </Group>
        </>
      )}
      {value.strategy !== 'canary' ? null : (
        <Group grow align="flex-start">
          <NumberInput label="All steps take" suffix=" s" min={1} value={value.window} error={wrong('window_seconds')} onChange={(window) => { set({ window }); }} />
          <TextInput label="Steps in percent" placeholder="10, 20, … 100" description="Empty: ten equal ones" value={value.steps} error={wrong('steps')} onChange={(event) => { set({ steps: event.currentTarget.value }); }} />
        </Group>
      )}
      {value.strategy === 'environment' ? null : (
        <>
          <Group grow align="flex-start">
            <NumberInput label="Watch on at 100 %" suffix=" s" min={0} value={value.bake} error={wrong('bake_seconds')} onChange={(bake) => { set({ bake }); }} />
            <Select label="The old revision then" allowDeselect={false} value={value.cleanup} data={[{ value: 'scale_to_zero', label: 'is scaled to zero' }, { value: 'keep', label: 'keeps its replicas' }, { value: 'deactivate', label: 'is deactivated' }]}
              onChange={(cleanup) => { set({ cleanup: (cleanup ?? 'scale_to_zero') as PreviousCleanup }); }} />
          </Group>
          <NumberInput label="Give up without progress after" description="No build finished and no further replica ready for so long" suffix=" s" min={1} placeholder="600 s" value={value.deadline} error={wrong('progress_deadline_seconds')} onChange={(deadline) => { set({ deadline }); }} />
          <Checkbox label="Require limits of its own" description="Always it is held against the old revision in the same time. With limits it also waits for requests to judge by."
            checked={value.gated} onChange={(event) => { set({ gated: event.currentTarget.checked }); }} />
          {!value.gated ? null : (
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
              <NumberInput label="Errors at most" suffix=" %" min={0} max={100} decimalScale={2} value={value.errorPercent} error={wrong('gate.max_error_rate')} onChange={(errorPercent) => { set({ errorPercent }); }} />
              <NumberInput label="p95 at most" suffix=" ms" min={1} placeholder="no limit" value={value.p95} error={wrong('gate.max_p95_ms')} onChange={(p95) => { set({ p95 }); }} />
              <NumberInput label="More errors than the old one, at most" suffix=" %" min={0} max={100} decimalScale={2} placeholder="5 %" value={value.moreErrorsPercent} error={wrong('gate.max_error_rate_increase')} onChange={(moreErrorsPercent) => { set({ moreErrorsPercent }); }} />
              <NumberInput label="p95 of the old one, times at most" min={1} decimalScale={2} placeholder="2" value={value.p95Ratio} error={wrong('gate.max_p95_ratio')} onChange={(p95Ratio) => { set({ p95Ratio }); }} />
              <NumberInput label="Judge from" suffix=" requests" min={1} placeholder="20 requests" value={value.requests} error={wrong('gate.min_requests')} onChange={(requests) => { set({ requests }); }} />
              <NumberInput label="Wait for them, then pause" suffix=" s" min={0} placeholder="300 s" value={value.wait} error={wrong('gate.wait_seconds')} onChange={(wait) => { set({ wait }); }} />
            </SimpleGrid>
          )}
        </>
      )}
    </Stack>
  );
}
