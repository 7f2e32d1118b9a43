import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { Boxes, CornerDownLeft, Rocket, Search, SquareArrowRight } from 'lucide-react';
import { useMemo, useState } from 'react';
import { StateOf } from '../components/StateBadge.tsx';
import { useAllDeployments, useDeployments } from '../features/deployments/api.ts';
import { useModelSearch } from '../features/registry/search.ts';

interface Entry { key: string; group: string; text: string; hint: string; status?: string; go: () => void }

/** Ctrl-K: go to a page, a deployment or a model by typing part of its name. */
export function CommandPalette({ opened, onClose, administrator }: { opened: boolean; onClose: () => void; administrator: boolean }) {
  return (
    <Modal opened={opened} onClose={onClose} withCloseButton={false} padding={0} size="lg" yOffset="12vh" aria-label="Search or go to">
      <Palette onClose={onClose} administrator={administrator} />
    </Modal>
  );
}

/** What the server is asked for: the one word, or the last of several that names no kind of thing. */
function nameIn(typed: string): string {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return words.length < 2 ? words[0] ?? '' : words.findLast((word) => !['models', 'deployments', 'pages'].some((kind) => kind.startsWith(word))) ?? '';
}

function Palette({ onClose, administrator }: { onClose: () => void; administrator: boolean }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const part = nameIn(typed);
  const [q] = useDebouncedValue(part, 200);
  // The first of all, which are searched here by more than their names, and what the server finds beyond them.
  const [firstDeployments, moreDeployments] = [useAllDeployments().data, useDeployments({ q }).data];
  const [firstModels, moreModels] = [useModelSearch('').data, useModelSearch(part).data];

  const found = useMemo(() => {
    const page = (text: string, go: () => void): Entry => ({ key: `page ${text}`, group: 'Pages', text, hint: 'page', go });
    const all: Entry[] = [
      page('Board', () => void navigate({ to: '/' })),
      page('Deployments', () => void navigate({ to: '/deployments' })),
      page('New deployment', () => void navigate({ to: '/deployments/new' })),
      page('Models', () => void navigate({ to: '/models' })),
      page('Experiments', () => void navigate({ to: '/experiments' })),
      page('Schedules', () => void navigate({ to: '/schedules' })),
      page('My API keys', () => void navigate({ to: '/account' })),
      page('System', () => void navigate({ to: '/admin/system' })),
      ...(administrator ? [
        page('Users', () => void navigate({ to: '/admin/users' })), page('All keys', () => void navigate({ to: '/admin/keys' })), page('Audit', () => void navigate({ to: '/admin/audit' })),
      ] : []),
      ...[...(firstDeployments ?? []), ...(moreDeployments ?? [])].map((one): Entry => ({
        key: `d ${one.environment} ${one.name}`, group: 'Deployments', text: one.name, hint: one.environment, status: one.status,
        go: () => void navigate({ to: '/deployments/$env/$name/$tab', params: { env: one.environment, name: one.name, tab: 'overview' } }),
      })),
      ...[...(firstModels ?? []), ...(moreModels ?? [])].map((one): Entry => ({
        key: `m ${one.name}`, group: 'Models', text: one.name, hint: one.latest_version === null ? 'no version' : `v${one.latest_version}`, go: () => void navigate({ to: '/models/$model', params: { model: one.name } }),
      })),
    ];
    const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const once = [...new Map(all.map((entry) => [entry.key, entry])).values()];
    return once.filter((entry) => words.every((word) => `${entry.text} ${entry.hint} ${entry.group}`.toLowerCase().includes(word))).slice(0, 40);
  }, [typed, firstDeployments, moreDeployments, firstModels, moreModels, administrator, navigate]);

  const choose = (entry: Entry | undefined) => { if (entry !== undefined) { onClose(); entry.go(); } };
  const current = found[Math.min(at, found.length - 1)];
  return (
    <div>
      <TextInput data-autofocus variant="unstyled" size="md" px="sm" placeholder="Page, deployment or model" aria-label="Search or go to" leftSection={<Search size={16} aria-hidden />} value={typed}
        role="combobox" aria-expanded aria-controls="palette" aria-activedescendant={current === undefined ? undefined : `palette-${current.key}`} autoComplete="off"
        onChange={(event) => { setTyped(event.currentTarget.value); setAt(0); }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') { event.preventDefault(); setAt((old) => Math.min(old + 1, found.length - 1)); }
          if (event.key === 'ArrowUp') { event.preventDefault(); setAt((old) => Math.max(old - 1, 0)); }
          if (event.key === 'Enter') { event.preventDefault(); choose(current); }
        }} />
      <div id="palette" role="listbox" aria-label="Results" style={{ borderTop: '1px solid var(--sw-line)', height: 'min(360px, 50vh)', overflowY: 'auto', padding: 6 }}>
        {found.length === 0 ? <div className="sw-dim" style={{ padding: 12, fontSize: 14 }}>Nothing is called “{typed}”.</div> : null}
        {found.map((entry, index) => {
          const Icon = entry.group === 'Models' ? Boxes : entry.group === 'Deployments' ? Rocket : SquareArrowRight;
          return (
            <div key={entry.key} id={`palette-${entry.key}`} role="option" aria-selected={entry === current} ref={(node) => { if (entry === current) node?.scrollIntoView?.({ block: 'nearest' }); }}
              onClick={() => { choose(entry); }} onMouseMove={() => { setAt(index); }}
              style={{ display: 'flex', gap: 10, alignItems: 'center', padding: '7px 10px', borderRadius: 6, fontSize: 14, cursor: 'pointer', background: entry === current ? 'var(--sw-rest-ground)' : undefined }}>
              <Icon size={15} aria-hidden className="sw-dim" />
              <span className="sw-clip" style={{ flex: 1 }}>{entry.text} <span className="sw-dim">{entry.hint}</span></span>
              {entry.status === undefined ? null : <StateOf kind="deployments" value={entry.status} />}
              {entry === current ? <CornerDownLeft size={13} aria-hidden className="sw-dim" /> : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
