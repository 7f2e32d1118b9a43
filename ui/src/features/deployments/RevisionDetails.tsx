import { ActionIcon, Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, History, Pencil, Power, PowerOff, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Facts } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { DeploymentInfo, RevisionInfo } from '../../lib/wire.ts';
import { defaultVariant, isStopped, packageAsk } from './facts.ts';
import { RedeployDialog } from './RedeployDialog.tsx';
import { RenameRevisionForm } from './RenameRevisionForm.tsx';
import { useSwitchRevision } from './revisions.ts';

/** One revision: what it is, when it was live, what may be done with it, and its neighbours. */
export function RevisionDetails({ deployment, revision, earlier, later, onOpen, onClose }: {
  deployment: DeploymentInfo; revision: RevisionInfo; earlier: number | null; later: number | null; onOpen: (number: number) => void; onClose: () => void;
}) {
  const change = useSwitchRevision(deployment);
  const [asking, setAsking] = useState<'redeploy' | 'deactivate' | 'rename' | null>(null);
  const variant = defaultVariant(revision);
  const variables = Object.entries(revision.variables);
  const close = () => { setAsking(null); };
  const { number } = revision;
  const inactive = revision.status === 'inactive';
  const why = revision.is_live ? 'It is live already' : inactive ? 'It is deactivated' : deployment.rollout !== null ? 'A rollout is under way' : isStopped(deployment) ? 'The deployment is stopped' : undefined;
  return (
    <section aria-label={`Revision ${number}`} style={{ borderTop: '1px solid var(--sw-line)', padding: 14 }}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Group gap="xs">
          <strong>Revision {number}</strong> <span className="sw-dim">{revision.name}</span> <StateOf kind="revisions" value={revision.status} detail={revision.status_detail} />
        </Group>
        <Group gap={6}>
          <Button size="xs" variant="default" leftSection={<ChevronLeft size={14} aria-hidden />} disabled={earlier === null} onClick={() => { if (earlier !== null) onOpen(earlier); }}>Previous</Button>
          <Button size="xs" variant="default" rightSection={<ChevronRight size={14} aria-hidden />} disabled={later === null} onClick={() => { if (later !== null) onOpen(later); }}>Next</Button>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}><X size={15} aria-hidden /></ActionIcon>
        </Group>
      </Group>
      {revision.status_detail === null ? null : <p className="sw-break" style={{ marginTop: 0, fontSize: 14 }}>{revision.status_detail}</p>}
      <Facts facts={[
        ['Model', variant === null ? '–' : `${variant.model} v${variant.model_version}${variant.version_label === null ? '' : ` (${variant.version_label})`}`],
        ...(revision.variants.length < 2 ? [] : [['Other variants', revision.variants.filter((one) => one !== variant).map((one) => `${one.name}: ${one.model} v${one.model_version}`).join(', ')] as [string, ReactNode]]),
        ['Base image', <span key="i" className="sw-mono">{variant === null ? '–' : `${variant.base_image}${variant.build === 1 ? '' : `, build ${variant.build}`}`}</span>],
        ['Per replica', variant === null ? '–' : `${variant.resources.cpu_cores} CPU, ${variant.resources.memory_mib} MiB${packageAsk(variant)}`],
        ['Variables', variables.length === 0 ? 'none' : <span key="v" className="sw-mono sw-break">{variables.map(([key, value]) => <span key={key}>{key}={value}<br /></span>)}</span>],
        ['Secrets', revision.secrets.length === 0 ? 'none' : <span key="s" className="sw-mono">{revision.secrets.join(', ')}</span>],
        ['Labels', Object.keys(revision.labels).length === 0 ? 'none' : <span key="l" className="sw-mono">{Object.entries(revision.labels).map(([key, value]) => `${key}=${value}`).join(', ')}</span>],
        ['Live', revision.live_periods.length === 0 ? 'never' : (
          <span key="p">{revision.live_periods.map((period) => (
            <span key={period.from}><RelativeTime at={period.from} /> {period.until === null ? 'until now' : <>until <RelativeTime at={period.until} /></>}<br /></span>
          ))}</span>
        )],
        ...(revision.approval_id === null ? [] : [['Approval', <Link key="a" to="/approvals/$id" params={{ id: revision.approval_id }} className="sw-link">Show request</Link>] as [string, ReactNode]]),
        ['Made', <span key="m">by {revision.created_by}, <RelativeTime at={revision.created_at} /></span>],
      ]} />
      <NeedsToOperate environment={deployment.environment}><Group gap="xs" mt="md">
        <Button size="xs" leftSection={<History size={14} aria-hidden />} disabled={why !== undefined} title={why} onClick={() => { setAsking('redeploy'); }}>Redeploy…</Button>
        {inactive
          ? <Button size="xs" variant="default" leftSection={<Power size={14} aria-hidden />} loading={change.isPending} onClick={() => { change.mutate({ number, verb: 'activate' }, { onSuccess: () => { toast(`Revision ${number} is active again.`); } }); }}>Activate</Button>
          : <Button size="xs" variant="default" leftSection={<PowerOff size={14} aria-hidden />} disabled={deployment.rollout !== null} onClick={() => { setAsking('deactivate'); }}>Deactivate…</Button>}
        <Button size="xs" variant="default" leftSection={<Pencil size={14} aria-hidden />} onClick={() => { setAsking('rename'); }}>Name and labels…</Button>
      </Group></NeedsToOperate>
      <RedeployDialog deployment={deployment} number={number} opened={asking === 'redeploy'} onClose={close} />
      <ConfirmDialog opened={asking === 'deactivate'} title={`Deactivate revision ${number}`} action="Deactivate" onClose={close}
        run={() => change.mutateAsync({ number, verb: 'deactivate' }).then(() => { toast(`Revision ${number} is deactivated.`); })}>
        {revision.is_live ? 'It is live: its replicas end and the address answers 404 until it is activated again.' : 'It cannot be rolled out until it is activated again.'} Its configuration stays.
      </ConfirmDialog>
      <RenameRevisionForm opened={asking === 'rename'} deployment={deployment} revision={revision} onClose={close} />
    </section>
  );
}
