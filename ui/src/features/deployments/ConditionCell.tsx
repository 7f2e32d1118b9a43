import { Button, NativeSelect, Popover, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { OPERATORS, signOf, takesMany, takesValue, type DraftCell, type DraftField } from './routingDraft.ts';

/** One condition: what it says, and an editor behind it. `*` takes anything. */
export function ConditionCell({ field, row, cell, error, onChange }: { field: DraftField; row: number; cell: DraftCell | undefined; error: string | undefined; onChange: (cell: DraftCell | null) => void }) {
  const [opened, setOpened] = useState(false);
  const many = cell !== undefined && takesMany(cell.operator, field.type);
  const text = cell === undefined ? '*' : `${signOf(field.type, cell.operator)}${takesValue(cell.operator) ? ` ${cell.value === '' ? '…' : cell.value}` : ''}`;
  const set = (operator: string, value: string) => { onChange(operator === '*' ? null : { operator, value }); };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button size="compact-sm" variant={cell === undefined ? 'subtle' : 'default'} color={error === undefined ? 'gray' : 'red'} fw={400} maw={220} title={error ?? text}
          aria-label={`Row ${row}, ${field.name}: ${text}`} aria-invalid={error !== undefined} onClick={() => { setOpened(!opened); }}><span className="sw-clip">{text}</span></Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={(event) => { event.preventDefault(); setOpened(false); }}>
          <Stack gap="xs" w={240}>
            <NativeSelect size="xs" label={field.name} value={cell?.operator ?? '*'} data={[{ value: '*', label: '* anything' }, ...OPERATORS[field.type].map(([value, label]) => ({ value, label }))]}
              onChange={(event) => { set(event.currentTarget.value, cell?.value ?? (field.type === 'boolean' ? 'true' : '')); }} />
            {cell === undefined || !takesValue(cell.operator) ? null : field.type === 'boolean'
              ? <NativeSelect size="xs" label="Value" data={['true', 'false']} value={cell.value} onChange={(event) => { set(cell.operator, event.currentTarget.value); }} />
              : (
                <TextInput size="xs" label={cell.operator === 'between' ? 'From, to' : many ? 'Values' : 'Value'} description={many ? 'With commas between' : undefined} value={cell.value} error={error}
                  placeholder={field.type === 'date' ? '2026-11-27' : undefined} onChange={(event) => { set(cell.operator, event.currentTarget.value); }} />
              )}
            <Button size="xs" type="submit" variant="default">Done</Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
