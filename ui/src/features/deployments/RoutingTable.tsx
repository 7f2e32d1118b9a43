import { ActionIcon, Button, Group, Menu, NativeSelect, NumberInput, Popover, Stack, TextInput } from '@mantine/core';
import { ArrowDown, ArrowUp, ChevronDown, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Panel } from '../../components/Panel.tsx';
import type { ApiError } from '../../lib/http.ts';
import type { FieldType } from '../../lib/wireRouting.ts';
import { ConditionCell } from './ConditionCell.tsx';
import { inOrder, type Draft, type DraftField, type DraftRow } from './routingDraft.ts';

const TYPES: FieldType[] = ['string', 'number', 'boolean', 'date', 'list'];

/** The table: a row for a variant, a column for a context field, a cell for a condition. The first row that matches answers; row 0 when none does. */
export function RoutingTable({ draft, onChange, refusal, readOnly }: { draft: Draft; onChange: (draft: Draft) => void; refusal: ApiError | null; readOnly: boolean }) {
  const listed = inOrder(draft);
  const fallback = listed[0];
  const setRow = (key: number, change: Partial<DraftRow>) => { onChange({ ...draft, rows: draft.rows.map((row) => (row.key === key ? { ...row, ...change } : row)) }); };
  const addRow = () => {
    const variant = listed.find((one) => !one.isDefault && !draft.rows.some((row) => row.variant === one.key)) ?? listed.at(-1);
    onChange({ ...draft, rows: [...draft.rows, { key: draft.next, variant: variant?.key ?? 0, cells: {}, weight: '' }], next: draft.next + 1 });
  };
  const move = (at: number, by: number) => {
    const rows = [...draft.rows];
    const [row] = rows.splice(at, 1);
    if (row !== undefined) rows.splice(at + by, 0, row);
    onChange({ ...draft, rows });
  };
  return (
    <Panel title="Routing" flush actions={readOnly ? undefined : (
      <Group gap={6}>
        <FieldButton draft={draft} onChange={onChange} />
        <Button size="xs" variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={addRow}>Add a row</Button>
      </Group>
    )}>
      <fieldset disabled={readOnly} className="sw-reader"><div className="sw-table-wrap" tabIndex={0} role="region" aria-label="Routing table">
        <table className="sw-table" aria-label="Routing">
          <thead>
            <tr>
              <th scope="col">Row</th><th scope="col">Variant</th>
              {draft.fields.map((field) => <FieldHead key={field.key} field={field} draft={draft} onChange={onChange} />)}
              <th scope="col" title="Percent of those who match; the others go on to the next row">Weight</th><th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {draft.rows.map((row, at) => (
              <tr key={row.key}>
                <td className="sw-num">{at + 1}</td>
                <td>
                  <NativeSelect size="xs" aria-label={`Variant of row ${at + 1}`} value={String(row.variant)} error={refusal?.field(`routing.rows[${at}].variant`)} miw={110}
                    data={listed.map((one) => ({ value: String(one.key), label: one.name }))} onChange={(event) => { setRow(row.key, { variant: Number(event.currentTarget.value) }); }} />
                </td>
                {draft.fields.map((field) => (
                  <td key={field.key}>
                    <ConditionCell field={field} row={at + 1} cell={row.cells[field.key]}
                      error={refusal?.field(`routing.rows[${at}].conditions.${field.name}.value`) ?? refusal?.field(`routing.rows[${at}].conditions.${field.name}.operator`)}
                      onChange={(cell) => {
                        const others = Object.fromEntries(Object.entries(row.cells).filter(([key]) => Number(key) !== field.key));
                        setRow(row.key, { cells: cell === null ? others : { ...others, [field.key]: cell } });
                      }} />
                  </td>
                ))}
                <td>
                  <NumberInput size="xs" aria-label={`Weight of row ${at + 1}`} placeholder="all" suffix=" %" min={0.01} max={100} hideControls w={84} value={row.weight} error={refusal?.field(`routing.rows[${at}].weight`)}
                    onChange={(weight) => { setRow(row.key, { weight }); }} />
                </td>
                <td>
                  <Menu position="bottom-end">
                    <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for row ${at + 1}`}><ChevronDown size={14} aria-hidden /></ActionIcon></Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item leftSection={<ArrowUp size={14} aria-hidden />} disabled={at === 0} onClick={() => { move(at, -1); }}>Move up</Menu.Item>
                      <Menu.Item leftSection={<ArrowDown size={14} aria-hidden />} disabled={at === draft.rows.length - 1} onClick={() => { move(at, 1); }}>Move down</Menu.Item>
                      <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} c="var(--sw-broken)" onClick={() => { onChange({ ...draft, rows: draft.rows.filter((other) => other.key !== row.key) }); }}>Delete the row</Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                </td>
              </tr>
            ))}
            <tr>
              <td className="sw-num">0</td>
              <td><strong>{fallback?.name}</strong></td>
              {draft.fields.map((field) => <td key={field.key} className="sw-mono sw-dim">*</td>)}
              <td className="sw-dim" colSpan={2}>answers when no row does</td>
            </tr>
          </tbody>
        </table>
      </div>
      {draft.fields.length === 0 ? null : (
        <div style={{ padding: '10px 14px' }}>
          <NativeSelect size="xs" label="Who asks, for weights" w={260} value={draft.identity === null ? '' : String(draft.identity)}
            data={[{ value: '', label: 'the header Slipway-Identity' }, ...draft.fields.filter((one) => one.type !== 'list').map((one) => ({ value: String(one.key), label: `else the field ${one.name}` }))]}
            onChange={(event) => { onChange({ ...draft, identity: event.currentTarget.value === '' ? null : Number(event.currentTarget.value) }); }} />
        </div>
      )}</fieldset>
    </Panel>
  );
}

function FieldHead({ field, draft, onChange }: { field: DraftField; draft: Draft; onChange: (draft: Draft) => void }) {
  const set = (change: Partial<DraftField>) => { onChange({ ...draft, fields: draft.fields.map((one) => (one.key === field.key ? { ...one, ...change } : one)) }); };
  const remove = () => {
    onChange({
      ...draft, fields: draft.fields.filter((one) => one.key !== field.key), identity: draft.identity === field.key ? null : draft.identity,
      rows: draft.rows.map((row) => ({ ...row, cells: Object.fromEntries(Object.entries(row.cells).filter(([key]) => Number(key) !== field.key)) })),
    });
  };
  return (
    <th scope="col">
      <Popover position="bottom-start" withinPortal trapFocus>
        <Popover.Target>
          <Button size="compact-xs" variant="subtle" color="gray" rightSection={<ChevronDown size={12} aria-hidden />} aria-label={`Field ${field.name}`}>{field.name} <span className="sw-dim" style={{ marginLeft: 4, fontWeight: 400 }}>{field.type}</span></Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs">
            <TextInput size="xs" label="Name" value={field.name} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
            <NativeSelect size="xs" label="Type" data={TYPES} value={field.type} onChange={(event) => { set({ type: event.currentTarget.value as FieldType }); }} />
            <TextInput size="xs" label="Where in the body" description="A JSON pointer, for requests without a context" placeholder="/customer/country" value={field.pointer} onChange={(event) => { set({ pointer: event.currentTarget.value }); }} />
            <Button size="xs" variant="subtle" color="red" leftSection={<Trash2 size={13} aria-hidden />} onClick={remove}>Delete the field</Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
    </th>
  );
}

function FieldButton({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const [type, setType] = useState<FieldType>('string');
  const wrong = /\s/.test(name) ? 'No spaces' : draft.fields.some((one) => one.name === name) ? 'There already' : undefined;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
      <Popover.Target><Button size="xs" variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={() => { setOpened(!opened); }}>Add a field</Button></Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={(event) => {
          event.preventDefault();
          if (name === '' || wrong !== undefined) return;
          onChange({ ...draft, fields: [...draft.fields, { key: draft.next, name, type, pointer: '' }], next: draft.next + 1 });
          setName('');
          setOpened(false);
        }}>
          <Stack gap="xs">
            <TextInput size="xs" label="Name of the field" placeholder="country" value={name} error={wrong} data-autofocus onChange={(event) => { setName(event.currentTarget.value); }} />
            <NativeSelect size="xs" label="Type of the field" data={TYPES} value={type} onChange={(event) => { setType(event.currentTarget.value as FieldType); }} />
            <Button size="xs" type="submit" disabled={name === '' || wrong !== undefined}>Add</Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
