import { CircleStop, RefreshCw, Trash2 } from 'lucide-react';
import { LookOnly } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { BaseImagePanel } from './BaseImagePanel.tsx';
import { DeploymentActions } from './DeploymentActions.tsx';
import { defaultVariant } from './facts.ts';
import { FollowingPanel } from './FollowingPanel.tsx';
import { ResourcesPanel } from './ResourcesPanel.tsx';
import { RunningForm } from './RunningForm.tsx';
import { ScaleForm } from './ScaleForm.tsx';
import { SettingsForm } from './SettingsForm.tsx';
import { UsedSecretsPanel } from './UsedSecretsPanel.tsx';
import { VariablesPanel } from './VariablesPanel.tsx';

/** Settings, scale, and what stops, restarts or ends a deployment. */
export function AdvancedTab({ deployment, baseImages, onDeleted }: { deployment: DeploymentInfo; baseImages: string[]; onDeleted: () => void }) {
  const variant = defaultVariant(deployment.live);
  return (
    <LookOnly environment={deployment.environment}><div style={{ display: 'grid', gap: 16, maxWidth: 760 }}>
      <Panel title="Settings"><SettingsForm deployment={deployment} /></Panel>
      {variant === null ? null : <BaseImagePanel key={`image of ${deployment.live?.number ?? 0}`} deployment={deployment} variant={variant} baseImages={baseImages} />}
      {variant === null || variant.placement === 'gateway' ? null : <ResourcesPanel key={`resources of ${deployment.live?.number ?? 0}`} deployment={deployment} variant={variant} />}
      <VariablesPanel key={deployment.live?.number} deployment={deployment} />
      <UsedSecretsPanel key={`secrets of ${deployment.live?.number ?? 0}`} deployment={deployment} />
      <FollowingPanel key={`${deployment.following?.reference ?? ''} ${String(deployment.following?.follow)}`} deployment={deployment} />
      {deployment.mode === 'live' ? null : <Panel title="Scaling"><RunningForm deployment={deployment} part="autoscaling" /></Panel>}
      {deployment.autoscaling.enabled ? null : <Panel title="Replications"><ScaleForm key={deployment.replicas_wanted} deployment={deployment} /></Panel>}
      <Panel title="Health checks"><RunningForm deployment={deployment} part="health_check" /></Panel>
      <Panel title="Load balancer"><RunningForm deployment={deployment} part="load_balancer" /></Panel>
      <Panel title="Stop, restart, delete" actions={<DeploymentActions deployment={deployment} onDeleted={onDeleted} />}><Verbs /></Panel>
    </div></LookOnly>
  );
}

function Verbs() {
  return (
    <ul className="sw-dim" style={{ margin: 0, paddingLeft: 18, fontSize: 14 }}>
      <li><CircleStop size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Stop ends all replicas; the address answers 404 until Start.</li>
      <li><RefreshCw size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Restart replaces the replicas one by one; callers notice nothing. Rebuild, above, makes a new build and a new revision; Redeploy, under Versions, goes to a revision that is there.</li>
      <li><Trash2 size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> Delete removes it for good and asks for its name.</li>
    </ul>
  );
}
