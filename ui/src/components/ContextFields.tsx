import { Group, NativeSelect, TextInput } from '@mantine/core';
import { contextProblem } from '../lib/context.ts';
import type { ContextFieldInfo, FieldType } from '../lib/wireRouting.ts';

const HINTS: Record<FieldType, string> = { boolean: '', string: 'text', number: 'number', date: '2026-11-27', list: 'a, b, 3' };

/** What a request says of itself, one input for each field of a routing table; `texts` by the field's key. */
export function ContextFields({ fields, texts, onText, identity, onIdentity }: {
  fields: (ContextFieldInfo & { key: string })[]; texts: Record<string, string>; onText: (key: string, text: string) => void; identity: string; onIdentity: (identity: string) => void;
}) {
  return (
    <Group align="flex-start" gap="sm">
      {fields.map((field) => (field.type === 'boolean' ? (
        <NativeSelect key={field.key} size="xs" label={field.name} data={[{ value: '', label: 'not given' }, 'true', 'false']} value={texts[field.key] ?? ''}
          onChange={(event) => { onText(field.key, event.currentTarget.value); }} />
      ) : (
        <TextInput key={field.key} size="xs" label={field.name} placeholder={field.pointer == null || field.pointer === '' ? HINTS[field.type] : `from ${field.pointer}`} value={texts[field.key] ?? ''}
          error={contextProblem(texts[field.key] ?? '', field.type)} onChange={(event) => { onText(field.key, event.currentTarget.value); }} />
      )))}
      <TextInput size="xs" label="Who asks" placeholder="nobody said" value={identity} onChange={(event) => { onIdentity(event.currentTarget.value); }} />
    </Group>
  );
}
