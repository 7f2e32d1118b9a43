import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ArrowRight, ArrowUpDown, ArrowUpFromLine, CircleStop, Ellipsis, ExternalLink, History, Pencil, ScrollText, Play, Power, RefreshCw, RotateCcw, Sunrise, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { operateRight, promoteRight, useMay } from '../../lib/rights.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useDeleteDeployment, useEnvironments, useVerb } from './api.ts';
import { isInactive, isStopped, mayRetry } from './facts.ts';
import { MoveDialogs } from './MoveDialogs.tsx';
import { useNextEnvironment } from './promotions.ts';
import { DraftLoss, meanwhile } from './Replacing.tsx';
import { RevisionForm } from './RevisionForm.tsx';
import { ScaleDialog } from './ScaleDialog.tsx';
import { useRollback, useSwitchRevision } from './revisions.ts';

const CHECKLIST = ['Traffic to it has stopped', 'Clients that call it were updated', 'Logs that are still needed were exported', 'This is the right deployment'];

/** What may be done to a deployment: Open, Update model, Promote, Reject, Start or Stop, Roll back, Restart, Delete. The same menu on cards, rows and its page. */
export function DeploymentActions({ deployment, onOpen, onDeleted }: { deployment: DeploymentInfo; onOpen?: () => void; onDeleted?: () => void }) {
  const verb = useVerb();
  const remove = useDeleteDeployment();
  const rollback = useRollback(deployment);
  const change = useSwitchRevision(deployment);
  const next = useNextEnvironment(deployment.environment);
  const [asking, setAsking] = useState<'scale' | 'update' | 'stop' | 'restart' | 'rollback' | 'promote' | 'reject' | 'delete' | null>(null);
  const { environment, name } = deployment;
  const own = useEnvironments().data?.find((one) => one.name === environment);
  const isProtected = own?.protected === true;
  const may = useMay();
  const operate = may(operateRight(environment, own));
  const stopped = isStopped(deployment);
  const close = () => { setAsking(null); };
  const at = (tab: string) => `/deployments/${encodeURIComponent(environment)}/${encodeURIComponent(name)}/${tab}`;
  const activate = () => {
    if (deployment.live !== null) change.mutate({ number: deployment.live.number, verb: 'activate' }, { onSuccess: () => { toast(`${name} is starting.`); }, onError: toastError });
  };
  const run = (word: 'start' | 'retry' | 'wake') => {
    verb.mutate({ environment, name, verb: word }, {
      onSuccess: (answer) => { toast(told(answer, (done) => ('retried' in done ? done.reason : null) ?? `${name} is starting.`)); }, onError: toastError,
    });
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name} in ${environment}`}><Ellipsis size={16} aria-hidden /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {onOpen === undefined ? null : <Menu.Item leftSection={<ExternalLink size={14} aria-hidden />} onClick={onOpen}>Open</Menu.Item>}
          {operate ? <Menu.Item component={Link} to={at('advanced')} leftSection={<Pencil size={14} aria-hidden />}>Edit</Menu.Item> : null}
          {!operate || stopped ? null : <Menu.Item leftSection={<ArrowUpDown size={14} aria-hidden />} onClick={() => { setAsking('scale'); }}>Scale…</Menu.Item>}
          {!operate || stopped || deployment.rollout !== null ? null : <Menu.Item leftSection={<ArrowUpFromLine size={14} aria-hidden />} onClick={() => { setAsking('update'); }}>Update model…</Menu.Item>}
          <Menu.Item component={Link} to={at('logs')} leftSection={<ScrollText size={14} aria-hidden />}>Logs</Menu.Item>
          {next === null || !may(promoteRight(next)) || stopped || isInactive(deployment) || deployment.live === null ? null : <Menu.Item leftSection={<ArrowRight size={14} aria-hidden />} onClick={() => { setAsking('promote'); }}>Promote to {next.name}…</Menu.Item>}
          {environment !== 'staging' || !may('reject') || stopped ? null : <Menu.Item leftSection={<Undo2 size={14} aria-hidden />} onClick={() => { setAsking('reject'); }}>Reject…</Menu.Item>}
          {operate && mayRetry(deployment) ? <Menu.Item leftSection={<RotateCcw size={14} aria-hidden />} onClick={() => { run('retry'); }}>Try again</Menu.Item> : null}
          {operate && isInactive(deployment) ? <Menu.Item leftSection={<Power size={14} aria-hidden />} onClick={activate}>Activate</Menu.Item> : null}
          {operate && deployment.status === 'SCALED_TO_ZERO' ? <Menu.Item leftSection={<Sunrise size={14} aria-hidden />} onClick={() => { run('wake'); }}>Wake</Menu.Item> : null}
          {!operate ? null : stopped
            ? <Menu.Item leftSection={<Play size={14} aria-hidden />} onClick={() => { run('start'); }}>Start</Menu.Item>
            : <Menu.Item leftSection={<CircleStop size={14} aria-hidden />} onClick={() => { setAsking('stop'); }}>Stop…</Menu.Item>}
          {!operate || stopped || deployment.live === null || deployment.rollout !== null ? null : <Menu.Item leftSection={<History size={14} aria-hidden />} onClick={() => { setAsking('rollback'); }}>Roll back…</Menu.Item>}
          {!operate || stopped || deployment.live === null ? null : <Menu.Item leftSection={<RefreshCw size={14} aria-hidden />} onClick={() => { setAsking('restart'); }}>Restart…</Menu.Item>}
          {!operate ? <Menu.Label>Your role may look here, not change</Menu.Label> : null}
          {may('delete') ? <><Menu.Divider /><Menu.Item c="var(--sw-broken)" leftSection={<Trash2 size={14} aria-hidden />} onClick={() => { setAsking('delete'); }}>Delete…</Menu.Item></> : null}
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog opened={asking === 'stop'} title={`Stop ${name} in ${environment}`} action="Stop" onClose={close}
        run={() => verb.mutateAsync({ environment, name, verb: 'stop' }).then(() => { toast(`${name} is stopping.`); })}>
        All its replicas end and its address answers 404 until you start it again. Configuration and history stay.
      </ConfirmDialog>
      <RevisionForm deployment={deployment} opened={asking === 'update'} onClose={close} />
      <ScaleDialog deployment={deployment} opened={asking === 'scale'} onClose={close} />
      <MoveDialogs deployment={deployment} next={next} asking={asking === 'promote' || asking === 'reject' ? asking : null} onClose={close} />
      <ConfirmDialog opened={asking === 'rollback'} title={`Roll back ${name} in ${environment}`} action="Roll back" onClose={close}
        run={() => rollback.mutateAsync(null).then((answer) => { toast(told(answer, (rollout) => `${name} goes back to revision ${rollout.to_revision}.`)); })}>
        <DraftLoss deployment={deployment} />
        The revision that was live before {deployment.live === null ? 'this one' : `revision ${deployment.live.number}`} is rolled out again; {meanwhile(deployment)}. Another revision: Versions tab, Redeploy.
      </ConfirmDialog>
      <ConfirmDialog opened={asking === 'restart'} title={`Restart ${name} in ${environment}`} action="Restart" onClose={close}
        run={() => verb.mutateAsync({ environment, name, verb: 'restart' }).then(() => { toast(`${name} is restarting.`); })}>
        New replicas start first; the old ones end when the new ones are ready. Callers notice nothing{deployment.mode === 'live' ? '; the draft is loaded anew' : ''}.
      </ConfirmDialog>
      <ConfirmDialog opened={asking === 'delete'} title={`Delete ${name} in ${environment}`} action="Delete" danger typed={name} checklist={CHECKLIST} onClose={close}
        run={() => remove.mutateAsync({ environment, name }).then(() => { toast(`${name} is deleted.`); onDeleted?.(); })}>
        <p style={{ marginTop: 0 }}>This cannot be undone. What goes:</p>
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          <li>{deployment.replicas_wanted === 0 ? 'its replica set' : `its ${deployment.replicas_wanted} replica${deployment.replicas_wanted === 1 ? '' : 's'}`}</li>
          <li className="sw-break">its address <span className="sw-mono">{deployment.endpoint}</span></li>
          <li>its configuration, revisions and rollouts</li>
        </ul>
        <p style={{ marginBottom: 0 }}>Its recorded predictions and its model stay.{isProtected ? ` ${environment} is protected: it must be stopped first.` : ''}</p>
      </ConfirmDialog>
    </>
  );
}
