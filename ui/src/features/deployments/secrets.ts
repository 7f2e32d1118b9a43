import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { EnvironmentInfo, Page } from '../../lib/wire.ts';

/** What is told of a secret; its value never is. */
export interface SecretInfo {
  name: string; environment: string; version: number; used_by: string[]; created_by: string; created_at: string; updated_by: string; updated_at: string; etag: string;
}

const of = (environment: string) => `${paths.environment(environment)}/secrets`;

export const useSecrets = (environment: string) => useQuery({
  queryKey: ['environments', environment, 'secrets'],
  queryFn: ({ signal }) => get<Page<SecretInfo>>(of(environment), {}, signal).then((page) => page.items),
});

/** Whether somebody with these rights may set secrets there; of an Analyst outside development the server also asks whose secret it is. */
export const mayManageSecrets = (environment: EnvironmentInfo, rights: string[]) =>
  rights.includes(environment.protected ? 'manage_secrets' : environment.name === 'development' ? 'deploy_to_development' : 'operate_staging');

/** Sets and deletes the secrets of an environment. */
export function useManageSecrets(environment: string) {
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ queryKey: ['environments', environment, 'secrets'] });
  return {
    set: useMutation({
      mutationFn: ({ name, value }: { name: string; value: string }) => send<SecretInfo>('PUT', `${of(environment)}/${encodeURIComponent(name)}`, { value }),
      onSuccess: changed,
      gcTime: 0,   // the value is not kept in the page's memory
    }),
    remove: useMutation({ mutationFn: (name: string) => send('DELETE', `${of(environment)}/${encodeURIComponent(name)}`), onSuccess: changed }),
  };
}
