import { Button, Stack } from '@mantine/core';
import { CircleStop, Play, RefreshCw, Trash2 } from 'lucide-react';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useVerb } from './api.ts';
import { BaseImagePanel } from './BaseImagePanel.tsx';
import { DeploymentActions } from './DeploymentActions.tsx';
import { defaultVariant, isStopped } from './facts.ts';
import { FollowingPanel } from './FollowingPanel.tsx';
import { RunningForm } from './RunningForm.tsx';
import { ScaleForm } from './ScaleForm.tsx';
import { SettingsForm } from './SettingsForm.tsx';
import { UsedSecretsPanel } from './UsedSecretsPanel.tsx';
import { VariablesPanel } from './VariablesPanel.tsx';

/** Settings, scale, and what stops, restarts or ends a deployment. */
export function AdvancedTab({ deployment, baseImages, onDeleted }: { deployment: DeploymentInfo; baseImages: string[]; onDeleted: () => void }) {
  const variant = defaultVariant(deployment.live);
  return (
    <div style={{ display: 'grid', gap: 16, maxWidth: 760 }}>
      <Panel title="Settings"><SettingsForm deployment={deployment} /></Panel>
      {variant === null ? null : <BaseImagePanel key={`image of ${deployment.live?.number ?? 0}`} deployment={deployment} variant={variant} baseImages={baseImages} />}
      <VariablesPanel key={deployment.live?.number} deployment={deployment} />
      <UsedSecretsPanel key={`secrets of ${deployment.live?.number ?? 0}`} deployment={deployment} />
      <FollowingPanel key={`${deployment.following?.reference ?? ''} ${String(deployment.following?.follow)}`} deployment={deployment} />
      {deployment.mode === 'live' ? null : <Panel title="Scaling"><RunningForm deployment={deployment} part="autoscaling" /></Panel>}
      {deployment.autoscaling.enabled ? null : <Panel title="Replications"><ScaleForm key={deployment.replicas_wanted} deployment={deployment} /></Panel>}
      <Panel title="Health checks"><RunningForm deployment={deployment} part="health_check" /></Panel>
      <Panel title="Load balancer"><RunningForm deployment={deployment} part="load_balancer" /></Panel>
      <Panel title="Stop, restart, delete" actions={<DeploymentActions deployment={deployment} onDeleted={onDeleted} />}><Verbs deployment={deployment} /></Panel>
    </div>
  );
}

function Verbs({ deployment }: { deployment: DeploymentInfo }) {
  const verb = useVerb();
  const stopped = isStopped(deployment);
  return (
    <Stack gap="sm">
      <ul className="sw-dim" style={{ margin: 0, paddingLeft: 18, fontSize: 14 }}>
        <li><CircleStop size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Stop ends all replicas; the address answers 404 until Start.</li>
        <li><RefreshCw size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Restart replaces the replicas one by one; callers notice nothing. Rebuild, above, makes a new build and a new revision; Redeploy, under Versions, goes to a revision that is there.</li>
        <li><Trash2 size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Delete removes it for good and asks for its name.</li>
      </ul>
      {stopped ? (
        <Notice tone="rest" title="This deployment is stopped" action={(
          <Button size="xs" leftSection={<Play size={14} aria-hidden />} loading={verb.isPending}
            onClick={() => { verb.mutate({ environment: deployment.environment, name: deployment.name, verb: 'start' }, { onSuccess: (answer) => { toast(told(answer, () => `${deployment.name} is starting.`)); }, onError: toastError }); }}>Start</Button>
        )}>It starts again with the configuration it had.</Notice>
      ) : null}
    </Stack>
  );
}
