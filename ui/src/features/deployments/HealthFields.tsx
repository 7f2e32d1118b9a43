import { Group, NumberInput, Stack, TextInput } from '@mantine/core';
import type { HealthCheckSettings } from '../../lib/wire.ts';

/** All of them the server’s own. */
export const USUAL_HEALTH: HealthCheckSettings = { interval_seconds: 0, startup_threshold_seconds: 0, stop_traffic_threshold_seconds: 0, restart_threshold_seconds: 0 };

/** How replicas are watched. A cleared number is sent as 0: the server's own; a cleared path is the package's. */
export function HealthFields({ values, field, onChange }: {
  values: HealthCheckSettings; field: (name: string) => string | undefined; onChange: (change: Partial<HealthCheckSettings>) => void;
}) {
  const seconds = (name: Exclude<keyof HealthCheckSettings, 'path'>, label: string, min: number, max: number, description: string) => (
    <NumberInput label={label} suffix=" s" min={min} max={max} description={description} value={values[name] === 0 ? '' : values[name]} placeholder="The server’s own" error={field(name)}
      onChange={(value) => { onChange({ [name]: value === '' ? 0 : Number(value) }); }} />
  );
  return (
    <Stack gap="sm">
      <Group grow align="flex-start">
        {seconds('interval_seconds', 'Ping every', 0.5, 60, 'on a connection of its own')}
        {seconds('startup_threshold_seconds', 'Loads within', 1, 7200, 'else it is started again')}
      </Group>
      <Group grow align="flex-start">
        {seconds('stop_traffic_threshold_seconds', 'No requests after', 1, 3000, 'of silence; an answer brings it back')}
        {seconds('restart_threshold_seconds', 'Restart after', 1, 3600, 'of silence')}
      </Group>
      <TextInput label="Health path" placeholder="As its config.yaml says" spellCheck={false} value={values.path ?? ''} error={field('path')} onChange={(event) => { onChange({ path: event.currentTarget.value }); }}
        description="Of a program that serves HTTP itself (runtime: command), such as /health: answers 2xx or 3xx while it is well. Asked as often as a replica is pinged." />
    </Stack>
  );
}
