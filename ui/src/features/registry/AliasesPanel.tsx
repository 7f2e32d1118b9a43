import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { AtSign, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { useSaved } from '../../components/typing.ts';
import { ApiError } from '../../lib/http.ts';
import type { AliasMoveInfo } from '../../lib/wire.ts';
import { useAliases, useAliasMoves, useMoveAlias } from './api.ts';
import { VersionSelect } from './VersionSelect.tsx';

/** Aliases of a model, their moves, and the dialog that manages them. */
export function AliasesPanel({ model }: { model: string }) {
  const aliases = useAliases(model);
  const [managing, setManaging] = useState(false);
  const close = () => { setManaging(false); };
  return (
    <Panel title="Aliases" actions={<Needs right="write_registry"><Button size="compact-sm" variant="default" leftSection={<AtSign size={13} aria-hidden />} onClick={() => { setManaging(true); }}>Manage aliases</Button></Needs>}>
      <QueryView query={aliases} title="The aliases could not be loaded" loading={<BlockSkeleton height={60} />}
        empty={<EmptyState title="No alias yet">A name such as latest-prod that you can move from version to version; callers keep asking for {model}@latest-prod.</EmptyState>}>
        {(rows) => (
          <dl className="sw-facts">
            {rows.map((one) => (
              <div key={one.alias} style={{ display: 'contents' }}>
                <dt className="sw-mono">@{one.alias}</dt>
                <dd><Link to="/models/$model/$version" params={{ model, version: String(one.version) }} className="sw-link sw-num">v{one.version}</Link> <span className="sw-dim">since <RelativeTime at={one.moved_at} /> by {one.moved_by}</span></dd>
              </div>
            ))}
          </dl>
        )}
      </QueryView>
      <GuardedModal opened={managing} onClose={close} title={`Aliases of ${model}`} centered size="lg">{managing ? <Manage model={model} /> : null}</GuardedModal>
    </Panel>
  );
}

function Manage({ model }: { model: string }) {
  const aliases = useAliases(model);
  const moves = useAliasMoves(model);
  const { set, remove } = useMoveAlias(model);
  const [alias, setAlias] = useState('');
  const [version, setVersion] = useState<string | null>(null);
  const saved = useSaved();
  const problem = set.error ?? remove.error;
  const add = () => { if (version !== null) set.mutate({ alias: alias.trim(), version }, { onSuccess: () => { setAlias(''); setVersion(null); saved(); } }); };
  return (
    <Stack gap="md">
      {(aliases.data ?? []).map((one) => (
        <Group key={one.alias} gap="xs" wrap="nowrap">
          <span className="sw-mono sw-break" style={{ flex: 1 }}>@{one.alias}</span>
          <VersionSelect model={model} aria-label={`Version of ${one.alias}`} w={230} value={String(one.version)} allowDeselect={false}
            onChange={(value) => { if (value !== null && value !== String(one.version)) set.mutate({ alias: one.alias, version: value }, { onSuccess: () => { if (alias === '' && version === null) saved(); } }); }} />
          <ActionIcon variant="subtle" color="gray" aria-label={`Delete alias ${one.alias}`} onClick={() => { remove.mutate(one.alias); }}><Trash2 size={15} aria-hidden /></ActionIcon>
        </Group>
      ))}
      <form onSubmit={(event) => { event.preventDefault(); add(); }}>
        <Group gap="xs" align="flex-end">
          <TextInput label="New alias" placeholder="latest-prod" value={alias} onChange={(event) => { setAlias(event.currentTarget.value); }} style={{ flex: 1 }} spellCheck={false}
            error={set.error instanceof ApiError ? set.error.field('alias') : undefined} />
          <VersionSelect model={model} label="Points to" w={230} value={version} onChange={setVersion} />
          <Button type="submit" loading={set.isPending} disabled={alias.trim() === '' || version === null}>Add</Button>
        </Group>
      </form>
      {problem === null || (problem instanceof ApiError && problem.field('alias') !== undefined) ? null : <ErrorState error={problem} title="The alias was not changed" />}
      {moves.data === undefined || moves.data.length === 0 ? null : (
        <section aria-label="Moves">
          <div className="sw-dim" style={{ fontSize: 12.5, marginBottom: 6 }}>Moves</div>
          <ol className="sw-steps">{moves.data.map((move, index) => <Move key={`${move.at}-${index}`} move={move} />)}</ol>
        </section>
      )}
    </Stack>
  );
}

function Move({ move }: { move: AliasMoveInfo }) {
  return (
    <li>
      <span className="sw-mono">@{move.alias}</span>{' '}
      {move.from_version === null ? `made for v${move.to_version}` : move.to_version === null ? `deleted, was v${move.from_version}` : `moved from v${move.from_version} to v${move.to_version}`}
      <span className="sw-dim"> <RelativeTime at={move.at} /> by {move.by}</span>
    </li>
  );
}
