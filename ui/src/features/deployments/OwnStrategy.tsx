import { NativeSelect } from '@mantine/core';
import type { EnvironmentInfo, OwnStrategy as Strategy } from '../../lib/wire.ts';
import { promotionWords } from './environments.ts';

/** How updates of one deployment are rolled out where they do not say; empty: as its environment does. */
export function OwnStrategy({ value, onChange, environment, error }: { value: Strategy | ''; onChange: (value: Strategy | '') => void; environment: EnvironmentInfo | undefined; error?: string }) {
  return (
    <NativeSelect label="Strategy of its updates" value={value} error={error} description="What an update takes unless it says otherwise; its options are the environment’s"
      data={[
        { value: '', label: environment === undefined ? 'As the environment says' : `As ${environment.name} says: ${promotionWords(environment)}` },
        { value: 'rolling', label: 'Rolling: replica by replica (recommended)' }, { value: 'blue_green', label: 'Blue-green: all at once, beside the old ones' }, { value: 'canary', label: 'Canary: a small share first' },
      ]}
      onChange={(event) => { onChange(event.currentTarget.value as Strategy | ''); }} />
  );
}
