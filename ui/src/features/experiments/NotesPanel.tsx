import { Button, Group, Textarea } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import type { RunDetail } from '../../lib/wireRuns.ts';
import { useUpdateRun } from './api.ts';
import { Markdown } from './Markdown.tsx';

/** Notes in Markdown, read and written in place. */
export function NotesPanel({ detail }: { detail: RunDetail }) {
  const update = useUpdateRun(detail.run.id);
  const [draft, setDraft] = useState<string | null>(null);
  const save = () => {
    update.mutate({ notes: draft ?? '', etag: detail.run.etag }, { onSuccess: () => { setDraft(null); } });
  };
  return (
    <Panel title="Notes" actions={draft === null ? <Needs right="write_registry"><Button size="compact-xs" variant="subtle" color="gray" leftSection={<Pencil size={12} aria-hidden />} onClick={() => { setDraft(detail.notes ?? ''); }}>Edit</Button></Needs> : undefined}>
      {draft === null ? (detail.notes === null ? <span className="sw-dim">What was tried, and what came of it.</span> : <Markdown text={detail.notes} />) : (
        <form onSubmit={(event) => { event.preventDefault(); save(); }} style={{ display: 'grid', gap: 8 }}>
          <Textarea aria-label="Notes" description="Markdown: # heading, **bold**, *italic*, `code`, - list, [name](https://…)" autosize minRows={6} maxRows={24} maxLength={100_000} value={draft} autoFocus
            onChange={(event) => { setDraft(event.currentTarget.value); }} />
          {update.error === null ? null : <ErrorState error={update.error} title="The notes were not saved" />}
          <Group gap="xs"><Button size="compact-sm" type="submit" loading={update.isPending}>Save</Button><Button size="compact-sm" variant="default" onClick={() => { setDraft(null); update.reset(); }}>Cancel</Button></Group>
        </form>
      )}
    </Panel>
  );
}
