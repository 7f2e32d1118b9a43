import { Badge, Button, Group, Menu, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { ArrowDown, ArrowUp, ChevronDown, Copy, Pencil, Plus, Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { LookOnly, NeedsToOperate } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { SearchSelect } from '../../components/SearchSelect.tsx';
import type { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import type { Found, VersionChoice } from './DeploymentForm.tsx';
import { freeName, inOrder, type Draft, type DraftVariant } from './routingDraft.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The variants of the draft: a menu to switch, add, copy, rename, reorder and delete, and the chosen one's own settings. */
export function VariantsPanel({ draft, onChange, shown, onShow, models, versions, refusal, deployment }: {
  draft: Draft; onChange: (draft: Draft) => void; shown: number; onShow: (key: number) => void; models: Found<string>; versions: Found<VersionChoice>; refusal: ApiError | null; deployment: DeploymentInfo;
}) {
  const [renaming, setRenaming] = useState(false);
  const listed = inOrder(draft);
  const at = listed.findIndex((one) => one.key === shown);
  const one = listed[at];
  if (one === undefined) return null;
  const set = (change: Partial<DraftVariant>) => { onChange({ ...draft, variants: draft.variants.map((other) => (other.key === one.key ? { ...other, ...change } : other)) }); };
  const add = (made: DraftVariant) => { onChange({ ...draft, variants: [...draft.variants, made], next: draft.next + 1 }); onShow(made.key); };
  const blank = () => { add({ key: draft.next, name: freeName(draft, 'variant'), isDefault: false, model: one.model, version: '', cpu: '', memory: '', fallback: null, retries: '', min: '', max: '', was: null, had: null }); };
  const copy = () => { add({ ...one, key: draft.next, name: freeName(draft, one.name), isDefault: false }); };
  const move = (by: number) => {
    const others = listed.filter((other) => other.key !== one.key);
    others.splice(at + by, 0, one);
    onChange({ ...draft, variants: others });
  };
  const remove = () => {
    onChange({
      ...draft, variants: draft.variants.filter((other) => other.key !== one.key).map((other) => (other.fallback === one.key ? { ...other, fallback: null } : other)),
      rows: draft.rows.filter((row) => row.variant !== one.key),
    });
    onShow(listed[0]?.key ?? 0);
  };
  const rows = draft.rows.filter((row) => row.variant === one.key).length;
  const wrong = (field: string) => refusal?.field(`variants[${at}].${field}`);
  return (
    <Panel title="Variants" actions={(
      <NeedsToOperate environment={deployment.environment}><Menu position="bottom-end" width={260}>
        <Menu.Target><Button size="xs" variant="default" rightSection={<ChevronDown size={14} aria-hidden />}>Variant: {one.name}</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Switch to</Menu.Label>
          {listed.map((other) => (
            <Menu.Item key={other.key} onClick={() => { onShow(other.key); }} fw={other.key === shown ? 600 : undefined}
              rightSection={other.isDefault ? <Badge size="xs" variant="light">default</Badge> : undefined}>{other.name}</Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Plus size={14} aria-hidden />} onClick={blank}>Add a blank variant</Menu.Item>
          <Menu.Item leftSection={<Copy size={14} aria-hidden />} onClick={copy}>Add a copy of {one.name}</Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => { setRenaming(true); }}>Rename</Menu.Item>
          <Menu.Item leftSection={<Star size={14} aria-hidden />} disabled={one.isDefault} onClick={() => { onChange({ ...draft, variants: draft.variants.map((other) => ({ ...other, isDefault: other.key === one.key })) }); }}>Make it the default</Menu.Item>
          <Menu.Item leftSection={<ArrowUp size={14} aria-hidden />} disabled={at < 2} onClick={() => { move(-1); }}>Move up</Menu.Item>
          <Menu.Item leftSection={<ArrowDown size={14} aria-hidden />} disabled={one.isDefault || at === listed.length - 1} onClick={() => { move(1); }}>Move down</Menu.Item>
          <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} disabled={one.isDefault} c={one.isDefault ? undefined : 'var(--sw-broken)'} onClick={remove}>
            {one.isDefault ? 'The default cannot be deleted' : rows === 0 ? 'Delete' : `Delete, with ${rows === 1 ? 'its row' : `${rows} rows`}`}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu></NeedsToOperate>
    )}>
      <Stack gap="sm">
        <Group gap={6} role="tablist" aria-label="Variants">
          {listed.map((other) => (
            <Button key={other.key} size="compact-sm" variant={other.key === shown ? 'filled' : 'default'} role="tab" aria-selected={other.key === shown} onClick={() => { onShow(other.key); }}>
              {other.name}{other.isDefault ? ' (default)' : ''}
            </Button>
          ))}
        </Group>
        <LookOnly environment={deployment.environment}><Stack gap="sm"><SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="sm" verticalSpacing="sm">
          <SearchSelect label="Model" onSearch={models.onSearch} data={models.found.map((name) => ({ value: name, label: name }))} value={one.model} error={wrong('model')} allowDeselect={false}
            onChange={(model) => { if (model !== null && model !== one.model) set({ model, version: '', cpu: '', memory: '' }); }} />
          <SearchSelect label={<>Version<RestartMark /></>} onSearch={versions.onSearch} labelOf={(version) => (/^[0-9]+$/.test(version) ? `v${version}` : version)} placeholder="Choose one" data={versions.found.map(({ value, label, runnable }) => ({ value, label, disabled: !runnable }))}
            value={one.version === '' ? null : one.version} error={wrong('version')} allowDeselect={false} onChange={(version) => { set({ version: version ?? '' }); }} />
          <NumberInput label={<>CPU per replica<RestartMark /></>} suffix={Number(one.cpu) === 1 ? ' core' : ' cores'} min={0.1} step={0.5} placeholder="the package’s" value={one.cpu} error={wrong('cpu_cores')} onChange={(cpu) => { set({ cpu }); }} />
          <NumberInput label={<>Memory per replica<RestartMark /></>} suffix=" MiB" min={32} step={128} placeholder="the package’s" value={one.memory} error={wrong('memory_mib')} onChange={(memory) => { set({ memory }); }} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="sm" verticalSpacing="sm">
          <Select label="Fallback" description="Answers when this one fails" clearable placeholder="None" error={wrong('fallback')} value={one.fallback === null ? null : String(one.fallback)}
            data={listed.filter((other) => other.key !== one.key).map((other) => ({ value: String(other.key), label: other.name }))} onChange={(key) => { set({ fallback: key === null ? null : Number(key) }); }} />
          <NumberInput label="Retries before it" description="Further tries on this one" min={0} max={10} placeholder="as everywhere" value={one.retries} error={wrong('retries')} onChange={(retries) => { set({ retries }); }} />
          <NumberInput label="Least replicas" description="Of this variant" min={0} placeholder={`${deployment.min_replicas}`} value={one.min} error={wrong('min_replicas')} onChange={(min) => { set({ min }); }} />
          <NumberInput label="Most replicas" description="Of this variant" min={1} placeholder={`${deployment.max_replicas}`} value={one.max} error={wrong('max_replicas')} onChange={(max) => { set({ max }); }} />
        </SimpleGrid></Stack></LookOnly>
        {!one.isDefault && rows === 0 && !draft.variants.some((other) => other.fallback === one.key)
          ? <div className="sw-dim" style={{ fontSize: 13 }}>No row of the table names {one.name}, and it is nobody’s fallback: it answers nothing yet.</div> : null}
      </Stack>
      <RenameDialog key={String(renaming)} opened={renaming} name={one.name} taken={listed.map((other) => other.name)} onClose={() => { setRenaming(false); }} onName={(name) => { set({ name }); }} />
    </Panel>
  );
}

function RenameDialog({ opened, name, taken, onClose, onName }: { opened: boolean; name: string; taken: string[]; onClose: () => void; onName: (name: string) => void }) {
  const [text, setText] = useState(name);
  const wrong = !NAME.test(text) ? '1 to 64 letters, digits, dots, underscores or hyphens' : text !== name && taken.includes(text) ? 'There is another one of this name' : undefined;
  return (
    <GuardedModal opened={opened} onClose={onClose} title="Rename the variant" centered>
      <form onSubmit={(event) => { event.preventDefault(); if (wrong === undefined) { onName(text); onClose(); } }}>
        <Stack gap="sm">
          <TextInput label="Name" value={text} error={wrong} data-autofocus onChange={(event) => { setText(event.currentTarget.value); }} />
          <Group justify="flex-end" gap="xs"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" disabled={wrong !== undefined}>Rename</Button></Group>
        </Stack>
      </form>
    </GuardedModal>
  );
}
