import { Button } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import type { DeletionInfo } from '../../lib/wire.ts';
import { useDelete, useDeletion } from './api.ts';

/** Deletes a version, or the model when `version` is null; the dialog lists what goes, and says when it is refused. */
export function DeleteButton({ model, version, onDeleted }: { model: string; version: number | null; onDeleted: () => void }) {
  const [opened, setOpened] = useState(false);
  const goes = useDeletion(model, version, opened);
  const remove = useDelete(model);
  const what = version === null ? model : `${model} v${version}`;
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right={version === null ? 'administer' : 'delete'}>
        <Button variant="default" c="var(--sw-broken)" leftSection={<Trash2 size={14} aria-hidden />} onClick={() => { setOpened(true); }}>Delete {version === null ? 'model' : 'version'}</Button>
      </Needs>
      <ConfirmDialog opened={opened} title={`Delete ${what}`} action="Delete" danger typed={version === null ? model : `v${version}`} onClose={close}
        run={() => remove.mutateAsync(version).then(() => { toast(`${what} is deleted.`); onDeleted(); })}>
        <QueryView query={goes} title="What would go could not be listed" loading={<BlockSkeleton height={90} />}>
          {(info) => <WhatGoes info={info} ofModel={version === null} />}
        </QueryView>
      </ConfirmDialog>
    </>
  );
}

function WhatGoes({ info, ofModel }: { info: DeletionInfo; ofModel: boolean }) {
  return (
    <>
      {info.allowed ? null : <Notice tone="broken" title="It cannot be deleted now">{info.reason}</Notice>}
      <p style={{ marginTop: info.allowed ? 0 : 12 }}>{ofModel ? 'This is for good; move versions to Archived instead if you may need them again. ' : 'Its number is never used again. '}What goes:</p>
      <ul style={{ margin: 0, paddingLeft: 20 }}>
        {ofModel ? <li>{plural(info.version_count, 'version')}{info.version_count === 0 ? '' : `: ${info.versions.slice(0, 12).map((number) => `v${number}`).join(', ')}${info.version_count > 12 ? ', …' : ''}`}</li> : null}
        <li>{plural(info.file_count, 'file')}, {formatBytes(info.size_bytes)}, unless other versions hold the same content</li>
        {info.aliases.length === 0 ? null : <li>{info.aliases.length === 1 ? 'the alias' : 'the aliases'} {info.aliases.map((alias) => `@${alias}`).join(', ')}</li>}
        {info.metric_count === 0 ? null : <li>{plural(info.metric_count, 'metric')}</li>}
        {info.datasets.length === 0 ? null : <li>what {ofModel ? 'its versions tell' : 'it tells'} of the data {info.datasets.length === 1 ? 'set' : 'sets'} {info.datasets.slice(0, 8).join(', ')}{info.datasets.length > 8 ? ', …' : ''}; the data itself is not touched</li>}
        {ofModel ? <li>its history of stages and aliases</li> : null}
      </ul>
      {info.children.length === 0 ? null : (
        <p style={{ marginBottom: 0 }}>{info.children.length === 1 ? 'This version was' : 'These versions were'} fine-tuned from it and {info.children.length === 1 ? 'stays' : 'stay'}, with a parent that is only a name: {info.children.slice(0, 8).map((one) => `${one.model} v${one.version}`).join(', ')}{info.children.length > 8 ? ', …' : ''}.</p>
      )}
    </>
  );
}
