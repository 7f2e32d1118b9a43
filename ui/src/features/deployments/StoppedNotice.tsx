import { Button } from '@mantine/core';
import { Play } from 'lucide-react';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast, toastError } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useVerb } from './api.ts';
import { isStopped } from './facts.ts';

/** On the page of a stopped deployment: what its callers see, and the way back. */
export function StoppedNotice({ deployment }: { deployment: DeploymentInfo }) {
  const verb = useVerb();
  const { environment, name } = deployment;
  const start = () => {
    verb.mutate({ environment, name, verb: 'start' }, { onSuccess: (answer) => { toast(told(answer, () => `${name} is starting.`)); }, onError: toastError });
  };
  return isStopped(deployment) ? (
    <div style={{ marginTop: 10 }}>
      <Notice tone="rest" title="This deployment is stopped" action={<NeedsToOperate environment={environment}><Button size="compact-sm" leftSection={<Play size={14} aria-hidden />} loading={verb.isPending} onClick={start}>Start</Button></NeedsToOperate>}>
        Its address answers 404 until it is started; it starts with the configuration it had.
      </Notice>
    </div>
  ) : null;
}
