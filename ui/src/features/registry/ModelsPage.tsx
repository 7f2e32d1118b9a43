import { Anchor, Badge, Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { Search, Tag } from 'lucide-react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import type { ModelInfo } from '../../lib/wire.ts';
import { useModels, type ModelFilter } from './api.ts';
import { RegisterModelButton } from './RegisterModelButton.tsx';

const columns: Column<ModelInfo>[] = [
  {
    id: 'name', header: 'Name', fixed: true, sort: (model) => model.name,
    cell: (model) => (
      <div>
        <Link to="/models/$model" params={{ model: model.name }} className="sw-link">{model.name}</Link>
        {model.description === null ? null : <div className="sw-dim" style={{ fontSize: 12.5, maxWidth: 420 }}>{model.description}</div>}
      </div>
    ),
  },
  { id: 'latest', header: 'Latest', numeric: true, sort: (model) => model.latest_version, cell: (model) => (model.latest_version === null ? '–' : `v${model.latest_version}`) },
  { id: 'production', header: 'In Production', numeric: true, sort: (model) => model.production_version, cell: (model) => (model.production_version === null ? '–' : `v${model.production_version}`) },
  { id: 'tags', header: 'Tags', cell: (model) => <Group gap={4}>{model.tags.map((tag) => <Badge key={tag} variant="default" tt="none" fw={500} maw={220}>{model.tag_values[tag] === undefined ? tag : `${tag}: ${model.tag_values[tag]}`}</Badge>)}</Group> },
  { id: 'owner', header: 'Owner', sort: (model) => model.owner, cell: (model) => model.owner },
  { id: 'updated', header: 'Changed', sort: (model) => model.updated_at, cell: (model) => <RelativeTime at={model.updated_at} /> },
];

/** Registered models; search, stage and tag are the page's address. */
export function ModelsPage({ filter, onFilter }: { filter: ModelFilter; onFilter: (filter: ModelFilter) => void }) {
  const navigate = useNavigate();
  const models = useModels(filter);
  const set = useDebouncedCallback((change: ModelFilter) => { onFilter({ ...filter, ...change }); }, 250);
  const any = filter.q !== undefined || filter.stage !== undefined || filter.tag !== undefined;
  return (
    <>
      <PageHead title="Models" tab="Models" lead="What was registered, with its versions. A version that is runnable can be deployed.">
        <RegisterModelButton onRegistered={(name) => { void navigate({ to: '/models/$model', params: { model: name } }); }} />
      </PageHead>
      <Group gap="xs" mb="sm">
        <TextInput aria-label="Search models" placeholder="Name or description" leftSection={<Search size={14} aria-hidden />} defaultValue={filter.q ?? ''}
          onChange={(event) => { const q = event.currentTarget.value; set({ q: q === '' ? undefined : q }); }} />
        <Select aria-label="Stage" placeholder="All stages" clearable w={150} data={['None', 'Staging', 'Production', 'Archived']} value={filter.stage ?? null}
          onChange={(stage) => { onFilter({ ...filter, stage: stage ?? undefined }); }} />
        <TextInput aria-label="Tags" placeholder="Tags: nlp, demo" title="Models with all of these" leftSection={<Tag size={14} aria-hidden />} w={180} defaultValue={filter.tag ?? ''}
          onChange={(event) => { const tag = event.currentTarget.value; set({ tag: tag === '' ? undefined : tag }); }} />
        {any ? <Button variant="subtle" color="gray" onClick={() => { onFilter({}); }}>Reset all</Button> : null}
      </Group>
      <Panel flush>
        <QueryView query={models} title="The models could not be loaded" loading={<TableSkeleton rows={8} />}
          empty={(
            <div style={{ padding: 14 }}>
              {any ? <EmptyState title="No model matches these filters" action={<Anchor component="button" onClick={() => { onFilter({}); }}>Reset all</Anchor>} />
                : <EmptyState title="No models yet" command="slipway push DIR">Push a folder: a Truss package, a Python file with predict, or a pickled estimator.</EmptyState>}
            </div>
          )}>
          {(rows) => (
            <DataTable name="models" label="Models" rows={rows} columns={columns} rowKey={(model) => model.name}
              onOpen={(model) => { void navigate({ to: '/models/$model', params: { model: model.name } }); }}
              more={models.hasNextPage ? () => { void models.fetchNextPage(); } : undefined} loadingMore={models.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
    </>
  );
}
