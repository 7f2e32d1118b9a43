import { Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { ScaleForm } from './ScaleForm.tsx';

/** Scaling by hand, from the menu; where the number follows the load it says so. */
export function ScaleDialog({ deployment, opened, onClose }: { deployment: DeploymentInfo; opened: boolean; onClose: () => void }) {
  const { environment, name, autoscaling } = deployment;
  const settings = <Link to="/deployments/$env/$name/$tab" params={{ env: environment, name, tab: 'advanced' }} onClick={onClose}>Change the bounds or turn autoscaling {autoscaling.enabled ? 'off' : 'on'}</Link>;
  return (
    <Modal opened={opened} onClose={onClose} title={`Scale ${name} in ${environment}`} centered>
      {autoscaling.enabled
        ? <p style={{ marginTop: 0 }}>The number of replicas follows the load, between {autoscaling.min_replicas} and {autoscaling.max_replicas}; {deployment.replicas_ready} of {deployment.replicas_wanted} are ready now.</p>
        : <ScaleForm key={deployment.replicas_wanted} deployment={deployment} onDone={onClose} />}
      {deployment.mode === 'live'
        ? <p className="sw-dim" style={{ fontSize: 14, marginBottom: 0 }}>A live deployment has one replica at most, and none while nobody asks or watches it.</p>
        : <div style={{ fontSize: 14, marginTop: 12 }}>{settings}</div>}
    </Modal>
  );
}
