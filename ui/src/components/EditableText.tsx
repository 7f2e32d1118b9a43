import { ActionIcon, Button, Group, Textarea } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from './ErrorState.tsx';
import { Needs } from './Needs.tsx';

/** A text that is edited in place. `save` is given the new text; while it fails, input is kept and the reason shown. */
export function EditableText({ label, value, empty, multiline = true, save }: { label: string; value: string | null; empty: string; multiline?: boolean; save: (text: string) => Promise<unknown> }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (draft === null) {
    return (
      <span style={{ whiteSpace: 'pre-wrap' }}>
        {value === null ? <span className="sw-dim">{empty}</span> : value}{' '}
        <Needs right="write_registry"><ActionIcon variant="subtle" color="gray" size="xs" aria-label={`Edit ${label.toLowerCase()}`} title={`Edit ${label.toLowerCase()}`} onClick={() => { setDraft(value ?? ''); setError(null); }}><Pencil size={12} aria-hidden /></ActionIcon></Needs>
      </span>
    );
  }
  const submit = async () => {
    setSaving(true);
    try { await save(draft.trim()); setDraft(null); } catch (failure) { setError(failure); } finally { setSaving(false); }
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); void submit(); }} onKeyDown={(event) => { if (event.key === 'Escape') setDraft(null); }} style={{ display: 'grid', gap: 8 }}>
      <Textarea aria-label={label} autosize minRows={multiline ? 2 : 1} maxLength={5000} value={draft} autoFocus onChange={(event) => { setDraft(event.currentTarget.value); }} />
      {error === null ? null : <ErrorState error={error} title="It was not saved" />}
      <Group gap="xs"><Button size="compact-sm" type="submit" loading={saving}>Save</Button><Button size="compact-sm" variant="default" onClick={() => { setDraft(null); }}>Cancel</Button></Group>
    </form>
  );
}
