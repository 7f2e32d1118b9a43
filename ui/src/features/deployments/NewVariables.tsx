import { ActionIcon, Group, TextInput } from '@mantine/core';
import { Trash2 } from 'lucide-react';

/** A variable that is being typed; `key` tells two without a name apart. */
export interface NewVariable { key: number; name: string; value: string }

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** What is wrong with its name; undefined: nothing, or it has none yet. */
export function wrongName(one: NewVariable, all: NewVariable[], taken: Record<string, unknown> = {}): string | undefined {
  if (one.name === '') return undefined;
  if (!NAME.test(one.name)) return 'Letters, digits and underscores, the first no digit';
  return Object.hasOwn(taken, one.name) || all.some((other) => other.key !== one.key && other.name === one.name) ? 'There already' : undefined;
}

/** Rows of name and value. `taken`: names that are there already. */
export function NewVariables({ value, onChange, taken }: { value: NewVariable[]; onChange: (value: NewVariable[]) => void; taken?: Record<string, unknown> }) {
  const set = (key: number, change: Partial<NewVariable>) => { onChange(value.map((one) => (one.key === key ? { ...one, ...change } : one))); };
  return (
    <>
      {value.map((one) => (
        <Group key={one.key} gap="xs" wrap="nowrap" align="flex-start">
          <TextInput aria-label="Name of the new variable" placeholder="NAME" value={one.name} error={wrongName(one, value, taken)} classNames={{ input: 'sw-mono' }} style={{ flex: 2, minWidth: 0 }} spellCheck={false}
            onChange={(event) => { set(one.key, { name: event.currentTarget.value }); }} />
          <TextInput aria-label="Value of the new variable" placeholder="value" value={one.value} classNames={{ input: 'sw-mono' }} style={{ flex: 3, minWidth: 0 }} spellCheck={false}
            onChange={(event) => { set(one.key, { value: event.currentTarget.value }); }} />
          <ActionIcon variant="subtle" color="gray" size={36} aria-label="Do not add it" onClick={() => { onChange(value.filter((other) => other.key !== one.key)); }}><Trash2 size={14} aria-hidden /></ActionIcon>
        </Group>
      ))}
    </>
  );
}

/** One more empty row. */
export const withOneMore = (all: NewVariable[]): NewVariable[] => [...all, { key: Math.max(0, ...all.map((one) => one.key)) + 1, name: '', value: '' }];
