import { Button, Group } from '@mantine/core';
import { ArrowDownToLine } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatBytes } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import type { ExecutionInfo } from '../../lib/wireSchedules.ts';
import { useExecutionLog } from './api.ts';

/** Longest text that is drawn; the whole is a link away. */
const SHOWN = 200_000;

/** What an execution prints, followed while it runs. */
export function ExecutionLog({ execution }: { execution: ExecutionInfo }) {
  const open = execution.finished_at === null;
  const log = useExecutionLog(execution.schedule, execution.number, open);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const text = log.data ?? '';
  useLayoutEffect(() => { if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight; }, [follow, text]);
  return (
    <QueryView query={log} title="The log could not be loaded" loading={<BlockSkeleton height={200} />}>
      {(whole) => (
        <>
          <Group gap={6} justify="flex-end">
            {whole.length > SHOWN ? <span className="sw-dim" style={{ fontSize: 12.5 }}>The last {formatBytes(SHOWN)} of {formatBytes(whole.length)}</span> : null}
            {open ? <Button size="compact-xs" variant="default" aria-pressed={follow} leftSection={<ArrowDownToLine size={12} aria-hidden />} onClick={() => { setFollow(!follow); }}>Follow</Button> : null}
            <Button size="compact-xs" variant="default" component="a" href={paths.executionLog(execution.schedule, execution.number)} target="_blank" rel="noreferrer">Whole log</Button>
            <CopyButton value={whole.slice(-SHOWN)} what="log" />
          </Group>
          <pre ref={box} className="sw-code sw-wrap" tabIndex={0} role="log" aria-label={`Output of execution ${execution.number}`} aria-live="off" style={{ minHeight: 80 }}
            onWheel={(event) => { if (event.deltaY < 0) setFollow(false); }}>
            {whole === '' ? (open ? 'Nothing yet.' : 'It printed nothing.') : whole.slice(-SHOWN)}
          </pre>
        </>
      )}
    </QueryView>
  );
}
