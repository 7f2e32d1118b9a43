import { useQuery } from '@tanstack/react-query';
import { get } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelVersionInfo, Page, SystemStatus } from '../../lib/wire.ts';

interface Choice { value: string; label: string; disabled?: boolean }

/** What a deployment of a model can be updated to: its versions, the names that move with what they name now, and the base images of this machine. */
export function useUpdateChoices(model: string): { versions: Choice[]; names: Choice[]; baseImages: string[] } {
  const versions = useQuery({
    queryKey: ['models', model, 'versions'], enabled: model !== '',
    queryFn: ({ signal }) => get<Page<ModelVersionInfo>>(paths.versions(model), { limit: 200 }, signal).then((page) => page.items.toSorted((a, b) => b.version - a.version)),
  }).data ?? [];
  const system = useQuery({ queryKey: ['system'], queryFn: ({ signal }) => get<SystemStatus>(paths.system, {}, signal) });
  return {
    versions: versions.map((one) => ({
      value: String(one.version), disabled: !one.runnable,
      label: `v${one.version}${one.label === null ? '' : ` (${one.label})`}${one.stage === 'None' ? '' : `, ${one.stage}`}${one.runnable ? '' : ', not runnable'}`,
    })),
    names: [
      ...versions.flatMap((one) => one.aliases.map((alias) => ({ value: `@${alias}`, label: `@${alias}, v${one.version} now` }))).toSorted((a, b) => a.value.localeCompare(b.value)),
      ...(['Production', 'Staging'] as const).filter((stage) => versions.some((one) => one.stage === stage)).map((stage) => ({ value: `/${stage}`, label: `whatever is in ${stage} now` })),
    ],
    baseImages: (system.data?.base_images ?? []).filter((image) => image.usable).map((image) => image.name),
  };
}
