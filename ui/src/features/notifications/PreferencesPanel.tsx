import { Stack, Switch } from '@mantine/core';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toastError } from '../../components/Toasts.tsx';
import { usePreferences, useSetPreference } from './api.ts';

/** Which messages one gets. */
export function PreferencesPanel() {
  const preferences = usePreferences();
  const set = useSetPreference();
  return (
    <Panel title="Notifications">
      <QueryView query={preferences} title="The preferences could not be loaded" loading={<BlockSkeleton height={240} />}>
        {(kinds) => (
          <Stack gap="sm">
            {kinds.map((kind) => {
              const changing = set.isPending && set.variables.kind === kind.kind;
              return <Switch key={kind.kind} label={kind.title} description={kind.description} checked={changing ? set.variables.wanted : kind.in_app} onChange={(event) => { set.mutate({ kind: kind.kind, wanted: event.currentTarget.checked }, { onError: toastError }); }} />;
            })}
          </Stack>
        )}
      </QueryView>
    </Panel>
  );
}
