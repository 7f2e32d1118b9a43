import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { CreateEnvironmentRequest, DeploymentInfo, EnvironmentInfo, UpdateEnvironmentRequest } from '../../lib/wire.ts';

export const useEnvironment = (name: string) => useQuery({
  queryKey: ['environments', name], queryFn: ({ signal }) => get<EnvironmentInfo>(paths.environment(name), {}, signal),
});

export function useCreateEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateEnvironmentRequest) => send<EnvironmentInfo>('POST', paths.environments, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['environments'] }),
  });
}

export function useUpdateEnvironment(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...body }: UpdateEnvironmentRequest & { etag: string }) => send<EnvironmentInfo>('PATCH', paths.environment(name), body, { 'If-Match': etag }),
    onSettled: () => client.invalidateQueries({ queryKey: ['environments'] }),
  });
}

export function useDeleteEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => send('DELETE', paths.environment(name)),
    onSuccess: (_, name) => { client.removeQueries({ queryKey: ['environments', name] }); return client.invalidateQueries({ queryKey: ['environments'] }); },
  });
}

/** What passes the gate there, in words. */
export function protectionWords(environment: EnvironmentInfo): string {
  if (!environment.protected) return 'Not protected';
  const asks = [environment.approval ? 'approval' : null, environment.requires_stage === null ? null : `stage ${environment.requires_stage}`].filter((word) => word !== null);
  return asks.length === 0 ? 'Protected' : `Protected, asks for ${asks.join(' and ')}`;
}

/** How updates of a deployment are rolled out where they do not say, in words. */
export function strategyWords({ strategy }: Pick<DeploymentInfo, 'strategy'>, environment: EnvironmentInfo): string {
  return strategy === null
    ? `As ${environment.name} says: ${promotionWords(environment)}`
    : `As this deployment says: ${promotionWords({ ...environment, promotion: { ...environment.promotion, strategy } })}`;
}

/** How a revision takes over there, in words. */
export function promotionWords({ promotion }: EnvironmentInfo): string {
  if (promotion.strategy === 'blue_green') return 'Blue-green';
  if (promotion.strategy === 'canary') return `Canary, ${promotion.steps === null ? 'ten steps' : promotion.steps.map((step) => `${step} %`).join(', ')} over ${promotion.window_seconds} s`;
  return promotion.max_surge_percent > 0 ? `Rolling, ${promotion.max_surge_percent} % surge` : `Rolling, ${promotion.max_unavailable_percent} % may be missing`;
}
