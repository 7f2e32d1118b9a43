import type { DeploymentInfo, RevisionInfo, VariantInfo } from '../../lib/wire.ts';

export const defaultVariant = (revision: RevisionInfo | null): VariantInfo | null =>
  revision?.variants.find((variant) => variant.is_default) ?? revision?.variants[0] ?? null;

/** "iris v3" of the live revision; null before the first one is live. */
export function liveVersion(deployment: DeploymentInfo): string | null {
  const variant = defaultVariant(deployment.live);
  return variant === null ? null : `${variant.model} v${variant.model_version}`;
}

/** What its config.yaml asks for where its replicas have something else: ", config.yaml asks for 0.5 CPU, 512 MiB"; else empty. */
export function packageAsk(variant: VariantInfo): string {
  const { cpu_cores: cpu, memory_mib: memory } = variant.package_resources ?? { cpu_cores: null, memory_mib: null };
  const asked = [...(cpu === null || cpu === variant.resources.cpu_cores ? [] : [`${cpu} CPU`]), ...(memory === null || memory === variant.resources.memory_mib ? [] : [`${memory} MiB`])];
  return asked.length === 0 ? '' : `; config.yaml asks for ${asked.join(', ')}`;
}

export const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Share of failed requests in the last 30 minutes; null without requests. */
export function errorRate(deployment: DeploymentInfo): number | null {
  const requests = sum(deployment.requests_per_minute);
  return requests === 0 ? null : sum(deployment.errors_per_minute) / requests;
}

/** Stopped by a person, so that Start is what may be done next. */
export const isStopped = (deployment: DeploymentInfo) => ['STOPPED', 'DEACTIVATING'].includes(deployment.status);
/** Its live revision was deactivated. */
export const isInactive = (deployment: DeploymentInfo) => deployment.status === 'INACTIVE';
export const mayRetry = (deployment: DeploymentInfo) => ['DEPLOY_FAILED', 'BUILD_FAILED', 'FAILED', 'BUILD_STOPPED'].includes(deployment.status);

/** A code of a closed list as words: "load_failed" → "Load failed". */
export const reasonWords = (code: string) => (code.slice(0, 1).toUpperCase() + code.slice(1)).replaceAll('_', ' ');
