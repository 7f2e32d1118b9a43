import { Badge, Button, Group } from '@mantine/core';
import { Archive, ArchiveRestore } from 'lucide-react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EditableText } from '../../components/EditableText.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { plural } from '../../lib/format.ts';
import { useExperiment, useMoveExperiment, useUpdateExperiment, type RunFilter } from './api.ts';
import { EditExperimentButton } from './EditExperimentButton.tsx';
import { wordsOf } from './facts.ts';
import { RunTable } from './RunTable.tsx';

/** One experiment: what it is, and the table of its runs. */
export function ExperimentPage({ id, filter, onFilter }: { id: string; filter: RunFilter; onFilter: (filter: RunFilter) => void }) {
  const query = useExperiment(id);
  const move = useMoveExperiment();
  const update = useUpdateExperiment(id);
  const experiment = query.data;
  return (
    <>
      <PageHead tab={experiment?.name ?? `Experiment ${id}`}
        title={experiment === undefined ? `Experiment ${id}` : <>{experiment.name} <StateOf kind="experiments" value={experiment.status} /></>}
        lead={experiment === undefined ? undefined : <><EditableText label="Description" value={experiment.description} empty="No description yet." save={(description) => update.mutateAsync({ description, etag: experiment.etag })} /><Tags of={experiment.tags} />{plural(experiment.run_count, 'run')} · id {experiment.id}<CopyButton value={experiment.id} what="id" /></>}>
        {experiment === undefined ? null : <Needs right="write_registry"><EditExperimentButton experiment={experiment} /></Needs>}
        {experiment === undefined ? null : (
          <Needs right="write_registry"><Button variant="default" loading={move.isPending} leftSection={experiment.status === 'Archived' ? <ArchiveRestore size={15} aria-hidden /> : <Archive size={15} aria-hidden />}
            onClick={() => { move.mutate({ id: experiment.id, verb: experiment.status === 'Archived' ? 'restore' : 'archive' }); }}>
            {experiment.status === 'Archived' ? 'Restore' : 'Archive'}
          </Button></Needs>
        )}
      </PageHead>
      {move.error === null ? null : <Group mb="sm"><ErrorState error={move.error} title="It was not changed" /></Group>}
      <QueryView query={query} title={`Experiment ${id} could not be loaded`} loading={<BlockSkeleton height={420} />}>
        {(data) => <RunTable key={data.id} experiment={data} filter={filter} onFilter={onFilter} />}
      </QueryView>
    </>
  );
}

function Tags({ of }: { of: Record<string, string> }) {
  const words = wordsOf(of);
  return words.length === 0 ? null : <Group gap={4} my={4} role="group" aria-label="Tags">{words.map((word) => <Badge key={word} variant="default" tt="none" fw={500} maw={220}>{word.replace('=', ': ')}</Badge>)}</Group>;
}
