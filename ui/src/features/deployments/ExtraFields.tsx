import { Group, NativeSelect, NumberInput, Stack } from '@mantine/core';
import { GPU_TYPES } from '../../lib/gpus.ts';
import type { VariantInfo } from '../../lib/wire.ts';

export interface Extra { gpu_count: number | null; gpu_type: string | null; storage_gb: number | null; network_mbps: number | null }
/** Of what a variant has. */
export const extraOf = ({ resources }: VariantInfo): Extra => ({ gpu_count: resources.gpu_count, gpu_type: resources.gpu_type, storage_gb: resources.storage_gb, network_mbps: resources.network_mbps });
/** What is another, as a request says it: a cleared number is 0, none. */
export const extraChanges = (was: Extra, now: Extra): Partial<Extra> => Object.fromEntries((Object.keys(was) as (keyof Extra)[])
  .filter((key) => (now[key] ?? 0) !== (was[key] ?? 0) && !(key === 'gpu_type' && now[key] === null)).map((key) => [key, now[key] ?? 0]));
export const NO_EXTRA: Extra = { gpu_count: null, gpu_type: null, storage_gb: null, network_mbps: null };

/** GPUs, storage and network of a replica; empty: what it had, or none. */
export function ExtraFields({ values, field, onChange }: { values: Extra; field: (name: string) => string | undefined; onChange: (change: Partial<Extra>) => void }) {
  const number = (name: 'gpu_count' | 'storage_gb' | 'network_mbps', label: string, more: { suffix?: string; description?: string; placeholder?: string }) => (
    <NumberInput label={label} min={0} {...more} value={values[name] ?? ''} error={field(name)} onChange={(value) => { onChange({ [name]: value === '' ? null : Number(value) }); }} />
  );
  return (
    <Stack gap="md">
      <Group grow align="flex-start">
        {number('gpu_count', 'GPUs per replica', { placeholder: '0', description: 'This machine must have them' })}
        {(values.gpu_count ?? 0) > 0 ? (
          <NativeSelect label="Kind of GPU" required data={[{ value: '', label: 'Choose one' }, ...GPU_TYPES]} value={values.gpu_type ?? ''} error={field('gpu_type')}
            onChange={(event) => { onChange({ gpu_type: event.currentTarget.value === '' ? null : event.currentTarget.value }); }} />
        ) : null}
      </Group>
      <Group grow align="flex-start">
        {number('storage_gb', 'Storage per replica', { suffix: ' GB', description: 'In its own folder; one that has more is ended and started anew' })}
        {number('network_mbps', 'Network per replica', { suffix: ' Mbps', description: 'Recorded; not held to on this engine' })}
      </Group>
    </Stack>
  );
}
