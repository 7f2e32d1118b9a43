import type { DeploymentInfo } from '../../lib/wire.ts';

/** What happens to what is live while another revision comes, as a clause: a live deployment has one replica, which is replaced. */
export const meanwhile = (deployment: DeploymentInfo, live = 'what is live') =>
  (deployment.mode === 'live' ? `the replica of ${live} ends first, and requests wait until the new one is ready` : `${live} keeps serving until it is ready`);

/** Beside what makes another revision: patches that are no version are gone with it. Nothing where none would be. */
export function DraftLoss({ deployment }: { deployment: DeploymentInfo }) {
  const { mode, draft } = deployment;
  if (mode !== 'live' || draft === null || draft.is_frozen) return null;
  return <strong>{draft.name} is not a version yet, and is discarded by this. Freeze it first to keep it. </strong>;
}
