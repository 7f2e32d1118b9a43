import { skipToken, useQuery } from '@tanstack/react-query';
import type { EnvironmentInfo, SessionInfo } from './wire.ts';

/** Whether who is signed in has a right at all; true while nobody knows. Of what is theirs alone the server decides, by owner. */
export function useMay(): (right: string) => boolean {
  const session = useQuery<SessionInfo | null>({ queryKey: ['session'], queryFn: skipToken }).data;   // the shell keeps it
  return (right) => session?.rights.includes(right) ?? true;
}

/** Whether who is signed in may operate deployments of an environment at all. */
export function useMayOperate(environment: string): boolean {
  const all = useQuery<EnvironmentInfo[]>({ queryKey: ['environments'], queryFn: skipToken }).data;
  return useMay()(operateRight(environment, all?.find((one) => one.name === environment)));
}

/** The right that operating a deployment of an environment needs. */
export const operateRight = (name: string, environment: Pick<EnvironmentInfo, 'protected'> | undefined) =>
  (environment?.protected === true ? 'operate_production' : name === 'development' ? 'deploy_to_development' : 'operate_staging');

/** The right that promoting to an environment needs. */
export const promoteRight = (next: Pick<EnvironmentInfo, 'protected'>) => (next.protected ? 'operate_production' : 'deploy_to_development');
