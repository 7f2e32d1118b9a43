import { useState } from 'react';
import { useEnvironments } from '../../features/deployments/api.ts';
import { useSystem } from '../../features/platform/api.ts';
import { useAliases } from '../../features/registry/api.ts';
import { nameOfVersion, useLatestRunnable, useModelSearch, useVersionSearch, useVersionsIn } from '../../features/registry/search.ts';
import type { Found, VersionChoice } from '../../features/deployments/DeploymentForm.tsx';

/** Versions of a model to choose from, newest first, found as one types; those that cannot run say so. */
export function useVersionChoices(model: string): Found<VersionChoice> {
  const [typed, onSearch] = useState('');
  const found = useVersionSearch(model, typed).map((one) => ({ value: String(one.version), label: `${nameOfVersion(one)}${one.runnable ? '' : ', not runnable'}`, runnable: one.runnable, reason: one.not_runnable_reason }));
  return { typed, found, onSearch };
}

/** The number of the newest version of a model that can be deployed; '' while there is none. */
export function useLatestChoice(model: string): string {
  const latest = useLatestRunnable(model).data;
  return latest === undefined || latest === null ? '' : String(latest.version);
}

/** Aliases and stages of a model to choose a version by, with what they name now. */
export function useNameChoices(model: string): { value: string; label: string }[] {
  const [production, staging] = [useVersionsIn(model, 'Production', 1).data, useVersionsIn(model, 'Staging', 1).data];
  const aliases = (useAliases(model, model !== '').data ?? []).map((one) => ({ value: `@${one.alias}`, label: `@${one.alias}, v${one.version} now` })).toSorted((a, b) => a.value.localeCompare(b.value));
  const stages = ([['Production', production], ['Staging', staging]] as const).flatMap(([stage, there]) => (there === undefined || there.versions.length === 0 ? [] : [{ value: `/${stage}`, label: `whatever is in ${stage}` }]));
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

/** Names of registered models, found as one types. */
export function useModelChoices(): Found<string> & { query: ReturnType<typeof useModelSearch> } {
  const [typed, onSearch] = useState('');
  const query = useModelSearch(typed);
  return { typed, found: (query.data ?? []).map((one) => one.name), onSearch, query };
}
