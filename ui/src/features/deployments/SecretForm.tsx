import { Button, Checkbox, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { useAllDeployments } from './api.ts';
import { useManageSecrets, type SecretInfo } from './secrets.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

const names = (used: string[]) => used.map((path) => path.split('/')[1]).join(', ');

/** Sets a secret: a new one, or a new value of one that is there. Null: closed. */
export function SecretForm({ environment, secret, onClose }: { environment: string; secret: SecretInfo | 'new' | null; onClose: () => void }) {
  return (
    <GuardedModal opened={secret !== null} onClose={onClose} title={secret === 'new' ? 'New secret' : `New value of ${secret?.name ?? ''}`} centered>
      {secret === null ? null : <Body environment={environment} secret={secret === 'new' ? null : secret} onClose={onClose} />}
    </GuardedModal>
  );
}

function Body({ environment, secret, onClose }: { environment: string; secret: SecretInfo | null; onClose: () => void }) {
  const { set } = useManageSecrets(environment);
  const users = secret?.used_by ?? [];
  const known = useAllDeployments(users.length > 0).data ?? [];
  const live = users.filter((path) => known.some((one) => one.mode === 'live' && `${one.environment}/${one.name}` === path));
  const usual = users.filter((path) => !live.includes(path));
  const [name, setName] = useState(secret?.name ?? '');
  const [value, setValue] = useState('');
  const [shown, setShown] = useState(false);
  const refusal = set.error instanceof ApiError ? set.error : null;
  const badName = name !== '' && !NAME.test(name) ? 'Letters, digits and underscores, the first no digit' : undefined;
  const submit = () => {
    set.mutate({ name, value }, { onSuccess: (done) => { toast(done.used_by.length === 0 ? `${name} is set.` : `${name} is set; replicas that use it are replaced.`); onClose(); } });
  };
  return (
    <form autoComplete="off" onSubmit={(event) => { event.preventDefault(); if (name !== '' && value !== '' && badName === undefined) submit(); }}>
      <Stack gap="sm">
        {secret === null ? (
          <TextInput label="Name" required value={name} error={badName ?? refusal?.field('name')} classNames={{ input: 'sw-mono' }} spellCheck={false} description="Also the name of its environment variable"
            onChange={(event) => { setName(event.currentTarget.value); }} data-autofocus />
        ) : null}
        {/* Several lines, because keys have them; a browser ends each in LF. */}
        <Textarea label="Value" required autosize minRows={1} maxRows={12} value={value} error={refusal?.field('value')} autoComplete="off" autoCapitalize="off" autoCorrect="off" spellCheck={false}
          description="Kept encrypted; nobody can read it again. Lines and white space stay as they are" classNames={{ input: shown ? 'sw-mono' : 'sw-mono sw-masked' }}
          onChange={(event) => { setValue(event.currentTarget.value); }} data-autofocus={secret !== null} />
        <Checkbox label="Show the value" checked={shown} onChange={(event) => { setShown(event.currentTarget.checked); }} />
        {secret !== null && secret.used_by.length > 0 ? (
          <div className="sw-dim" style={{ fontSize: 13 }}>
            {names(usual) === '' ? null : <>New replicas of {names(usual)} start with it before the old ones end; callers notice nothing. </>}
            {names(live) === '' ? null : <>{names(live)} {live.length === 1 ? 'is a live deployment' : 'are live deployments'}: the draft is loaded anew beside the running one and then answers in its place; what that held in memory goes, and no version is made.</>}
          </div>
        ) : null}
        {set.error !== null && refusal?.problem.errors == null ? <ErrorState error={set.error} title="The secret was not set" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={set.isPending} disabled={name === '' || value === ''}>Set</Button>
        </Group>
      </Stack>
    </form>
  );
}
