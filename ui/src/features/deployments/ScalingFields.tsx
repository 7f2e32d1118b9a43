import { Checkbox, Group, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import type { AutoscalingSettings } from '../../lib/wire.ts';

/** The defaults of the server. */
export const DEFAULT_SCALING: AutoscalingSettings = {
  enabled: false, min_replicas: 1, max_replicas: 1, autoscaling_window_seconds: 60, scale_down_delay_seconds: 900, concurrency_target: 1, target_utilization_percentage: 70,
  max_scale_down_rate: null, target_cpu_percentage: null, target_memory_percentage: null, target_gpu_percentage: null,
};

/** What the number of replicas follows; the same fields in the create and the edit form. A cleared optional field is sent as 0: none. */
export function ScalingFields({ values, field, onChange }: {
  values: AutoscalingSettings; field: (name: string) => string | undefined; onChange: (change: Partial<AutoscalingSettings>) => void;
}) {
  const number = (name: keyof AutoscalingSettings, label: string, more: { min: number; max?: number; suffix?: string; description?: string; optional?: boolean; empty?: string }) => (
    <NumberInput label={label} min={more.min} max={more.max} suffix={more.suffix} description={more.description} placeholder={more.optional === true ? more.empty ?? 'Not looked at' : undefined}
      value={values[name] === null || (more.optional === true && values[name] === 0) ? '' : Number(values[name])} error={field(name)}
      onChange={(value) => { onChange({ [name]: value === '' ? 0 : Number(value) }); }} />
  );
  const asleep = values.min_replicas === 0;
  return (
    <Stack gap="sm">
      <Group grow align="flex-start">
        {number('min_replicas', 'Minimum replicas', { min: 0, description: '0: sleeps when idle' })}
        {number('max_replicas', 'Maximum replicas', { min: 1, })}
      </Group>
      <Checkbox label="Autoscaling" description="The number of replicas follows the load. Off: it is set by hand, within the bounds" checked={values.enabled}
        onChange={(event) => { onChange({ enabled: event.currentTarget.checked }); }} />
      {values.enabled ? (
        <>
          <Group grow align="flex-start">
            {number('concurrency_target', 'Requests at a time per replica', { min: 1 })}
            {number('target_utilization_percentage', 'Add one at', { min: 1, max: 100, suffix: ' %', description: 'of that' })}
          </Group>
          <Group grow align="flex-start">
            {number('autoscaling_window_seconds', 'Averaged over', { min: 10, max: 3600, suffix: ' s' })}
            {number('max_scale_down_rate', 'Scale down at most', { min: 0, max: 50, suffix: ' % a step', optional: true, empty: 'Any number' })}
          </Group>
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md" verticalSpacing="sm">
            {number('target_cpu_percentage', 'CPU target', { min: 0, max: 100, suffix: ' %', optional: true, description: 'such as 70' })}
            {number('target_memory_percentage', 'Memory target', { min: 0, max: 100, suffix: ' %', optional: true, description: 'such as 80' })}
            {number('target_gpu_percentage', 'GPU target', { min: 0, max: 100, suffix: ' %', optional: true, description: 'of those it has' })}
          </SimpleGrid>
        </>
      ) : null}
      {values.enabled || asleep ? number('scale_down_delay_seconds', asleep ? 'Sleeps and scales down after' : 'Scales down after', { min: 0, max: 3600, suffix: ' s', description: 'of less load' }) : null}
    </Stack>
  );
}
