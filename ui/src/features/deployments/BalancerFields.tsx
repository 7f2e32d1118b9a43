import { Checkbox, Group, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import type { LoadBalancerSettings, LoadBalancing } from '../../lib/wire.ts';

/** The defaults of the server. */
export const DEFAULT_BALANCER: LoadBalancerSettings = {
  enabled: true, algorithm: 'round_robin', sticky: 'none', sticky_name: null, ejection_failures: 5, ejection_seconds: 30, max_ejected_percentage: 50,
};

const ALGORITHMS: { value: LoadBalancing; label: string }[] = [
  { value: 'round_robin', label: 'Round robin: each in turn' },
  { value: 'least_connections', label: 'Least connections: the least busy one' },
  { value: 'ip_hash', label: 'IP hash: one caller’s address, one replica' },
];

/** How requests are spread over the replicas; the same fields in the create and the edit form. */
export function BalancerFields({ values, field, onChange }: {
  values: LoadBalancerSettings; field: (name: string) => string | undefined; onChange: (change: Partial<LoadBalancerSettings>) => void;
}) {
  return (
    <Stack gap="sm">
      <Checkbox label="Load balancer" description="Off: each replica in turn, nothing else" checked={values.enabled} onChange={(event) => { onChange({ enabled: event.currentTarget.checked }); }} />
      {values.enabled ? (
        <>
          <NativeSelect label="Algorithm" data={ALGORITHMS} value={values.algorithm} error={field('load_balancing')} onChange={(event) => { onChange({ algorithm: event.currentTarget.value as LoadBalancing }); }} />
          <Group grow align="flex-start">
            <NativeSelect label="Sticky sessions" value={values.sticky} error={field('sticky')} description="Another replica answers when theirs is not well"
              data={[{ value: 'none', label: 'No' }, { value: 'cookie', label: 'By a cookie' }, { value: 'header', label: 'By a header of the caller’s' }]}
              onChange={(event) => { onChange({ sticky: event.currentTarget.value as LoadBalancerSettings['sticky'], sticky_name: '' }); }} />
            {values.sticky === 'none' ? null : (
              <TextInput label={values.sticky === 'cookie' ? 'Name of the cookie' : 'Name of the header'} description="Empty: the usual one" value={values.sticky_name ?? ''}
                placeholder={values.sticky === 'cookie' ? 'slipway-replica' : 'Slipway-Session'} error={field('sticky_name')} onChange={(event) => { onChange({ sticky_name: event.currentTarget.value }); }} />
            )}
          </Group>
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md" verticalSpacing="sm">
            <NumberInput label="Pass over after" suffix=" failures in a row" min={0} max={100} value={values.ejection_failures} error={field('ejection_failures')} description="0: never"
              onChange={(value) => { onChange({ ejection_failures: Number(value) }); }} />
            <NumberInput label="For" suffix=" s" min={1} max={3600} value={values.ejection_seconds} error={field('ejection_seconds')} description="longer each time"
              onChange={(value) => { onChange({ ejection_seconds: Number(value) }); }} />
            <NumberInput label="At most" suffix=" % of them" min={0} max={100} value={values.max_ejected_percentage} error={field('max_ejected_percentage')} description="at a time"
              onChange={(value) => { onChange({ max_ejected_percentage: Number(value) }); }} />
          </SimpleGrid>
        </>
      ) : null}
    </Stack>
  );
}
