import { ActionIcon, Button, Group, TextInput } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { toastError } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { useTags } from './api.ts';

/** Tags with their values; of the model when `version` is null, whose tags may be bare words. */
export function TagsPanel({ model, version, tags }: { model: string; version: number | null; tags: [string, string][] }) {
  const { set, remove } = useTags(model, version);
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const add = () => { set.mutate({ key: key.trim(), value }, { onSuccess: () => { setKey(''); setValue(''); } }); };
  return (
    <Panel title="Tags">
      <div style={{ display: 'grid', gap: 10 }}>
        {tags.length === 0 ? <span className="sw-dim">None yet. Note here what others should know, such as who has validated it.</span> : (
          <ul aria-label="Tags" style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 4 }}>
            {tags.map(([name, text]) => (
              <li key={name} style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
                <span className="sw-break" style={{ flex: 1 }}><span className="sw-mono">{name}</span>{text === '' ? null : <span className="sw-dim">: {text}</span>}</span>
                <Needs right="write_registry"><ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Delete tag ${name}`} onClick={() => { remove.mutate(name, { onError: toastError }); }}><Trash2 size={14} aria-hidden /></ActionIcon></Needs>
              </li>
            ))}
          </ul>
        )}
        <Needs right="write_registry"><form onSubmit={(event) => { event.preventDefault(); if (key.trim() !== '') add(); }}>
          <Group gap="xs" align="flex-start" wrap="nowrap">
            <TextInput size="xs" aria-label="Tag key" placeholder="Key" value={key} onChange={(event) => { setKey(event.currentTarget.value); }} error={set.error instanceof ApiError ? set.error.problem.detail : undefined} style={{ flex: 1 }} />
            <TextInput size="xs" aria-label="Tag value" placeholder="Value" value={value} onChange={(event) => { setValue(event.currentTarget.value); }} style={{ flex: 1 }} />
            <Button size="xs" variant="default" type="submit" loading={set.isPending} disabled={key.trim() === ''}>Set tag</Button>
          </Group>
        </form></Needs>
      </div>
    </Panel>
  );
}
