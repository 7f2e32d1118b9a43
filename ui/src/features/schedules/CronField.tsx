import { Autocomplete, Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ApiError } from '../../lib/http.ts';
import { NextTimes } from './NextTimes.tsx';
import { useCronPreview } from './api.ts';

const zones = () => ['UTC', ...(typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [])];
export const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Cron expression and time zone with their next five times, asked for as one types. */
export function CronField({ cron, timeZone, onCron, onTimeZone, cronError, zoneError }: {
  cron: string; timeZone: string; onCron: (cron: string) => void; onTimeZone: (zone: string) => void; cronError?: string; zoneError?: string;
}) {
  const [typed] = useDebouncedValue(cron, 250);
  const [zone] = useDebouncedValue(timeZone, 250);
  const preview = useCronPreview(typed, zone);
  const refused = preview.error instanceof ApiError ? preview.error : null;
  return (
    <div>
      <Group grow align="flex-start" wrap="wrap" preventGrowOverflow={false}>
        <TextInput label="When (cron)" required value={cron} spellCheck={false} classNames={{ input: 'sw-mono' }} error={refused?.field('cron') ?? cronError} placeholder="30 2 * * 1-5"
          description="Minute, hour, day of month, month, day of week" onChange={(event) => { onCron(event.currentTarget.value); }} />
        <Autocomplete label="Time zone" required data={zones()} limit={30} value={timeZone} error={refused?.field('time_zone') ?? zoneError}
          description="Of the clock that the fields are read on" onChange={onTimeZone} />
      </Group>
      <div style={{ marginTop: 8, minHeight: 118 }} aria-live="polite">
        {typed.trim() === '' ? <span className="sw-dim" style={{ fontSize: 13 }}>The next five times show here.</span>
          : preview.data !== undefined && refused === null ? <NextTimes times={preview.data.times} /> : null}
      </div>
    </div>
  );
}
