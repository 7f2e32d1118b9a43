import { useEnvironments } from '../../features/deployments/api.ts';
import { useSystem } from '../../features/platform/api.ts';
import { useModels, useVersions } from '../../features/registry/api.ts';
import type { VersionChoice } from '../../features/deployments/DeploymentForm.tsx';

/** Versions of a model to choose from, newest first; those that cannot run say so. */
export function useVersionChoices(model: string): VersionChoice[] {
  return (useVersions(model).data ?? []).map((one) => ({
    value: String(one.version),
    label: `v${one.version}${one.label === null ? '' : ` (${one.label})`}${one.stage === 'None' ? '' : `, ${one.stage}`}${one.runnable ? '' : ', not runnable'}`,
    runnable: one.runnable,
    reason: one.not_runnable_reason,
  }));
}

/** Aliases and stages of a model to choose a version by, with what they name now. */
export function useNameChoices(model: string): { value: string; label: string }[] {
  const versions = useVersions(model).data ?? [];
  const aliases = versions.flatMap((one) => one.aliases.map((alias) => ({ value: `@${alias}`, label: `@${alias}, v${one.version} now` }))).toSorted((a, b) => a.value.localeCompare(b.value));
  const stages = (['Production', 'Staging'] as const).filter((stage) => versions.some((one) => one.stage === stage)).map((stage) => ({ value: `/${stage}`, label: `whatever is in ${stage}` }));
  return [...aliases, ...stages];
}

/** Names of the base images that this machine can build for. */
export function useBaseImages(): string[] {
  return (useSystem().data?.base_images ?? []).filter((image) => image.usable).map((image) => image.name);
}

/** Names of the environments, in their order. */
export function useEnvironmentNames(): string[] {
  return (useEnvironments().data ?? []).map((one) => one.name);
}

/** Names of the registered models. */
export function useModelNames(): string[] {
  return (useModels({}).data ?? []).map((one) => one.name);
}
