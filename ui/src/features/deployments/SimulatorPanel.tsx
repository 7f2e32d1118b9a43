import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { ContextFields } from '../../components/ContextFields.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { contextValueOf } from '../../lib/context.ts';
import { send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import type { SimulatedRow, SimulateRequest, SimulationInfo } from '../../lib/wireRouting.ts';
import { inOrder, rulesOf, type Draft } from './routingDraft.ts';
import { simulatePrediction } from './simulatePrediction.ts';

/** Asks which row a context matches: of the table as it is in the editor. Asking the model too goes to what is live. */
export function SimulatorPanel({ deployment, draft, changed }: { deployment: DeploymentInfo; draft: Draft; changed: boolean }) {
  const { environment, name } = deployment;
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [identity, setIdentity] = useState('');
  const [input, setInput] = useState('');
  const simulate = useMutation({ mutationFn: (body: SimulateRequest) => send<SimulationInfo>('POST', paths.ofDeployment(environment, name, 'simulate'), body) });
  const execute = useMutation({ mutationFn: (context: Record<string, unknown>) => simulatePrediction(environment, name, input, context, identity) });
  const context = Object.fromEntries(draft.fields.flatMap((field) => {
    const value = contextValueOf(texts[String(field.key)] ?? '', field.type);
    return value === undefined ? [] : [[field.name, value]];
  }));
  const parsed = parse(input);
  const ask = () => {
    execute.reset();
    simulate.mutate({
      context, ...(identity === '' ? {} : { identity }), ...(parsed.value === undefined ? {} : { input: parsed.value }), routing: rulesOf(draft), variants: inOrder(draft).map((one) => one.name),
    });
  };
  return (
    <Panel title="Simulator">
      <form onSubmit={(event) => { event.preventDefault(); if (parsed.error === undefined) ask(); }}>
        <Stack gap="sm">
          <div className="sw-dim" style={{ fontSize: 13.5 }}>Enter what a request would say of itself; see which row of the table above matches, and why the others do not.</div>
          <ContextFields fields={draft.fields.map((field) => ({ ...field, key: String(field.key) }))} texts={texts} identity={identity} onIdentity={setIdentity}
            onText={(key, text) => { setTexts((old) => ({ ...old, [key]: text })); }} />
          <div>
            <div style={{ fontSize: 13, marginBottom: 4 }}>Input <span className="sw-dim">for fields that are read from the body, and to ask the model</span></div>
            <Code value={input} onChange={setInput} language={input.trim() === '' ? 'text' : 'json'} label="Input of the simulator" height="90px" />
            {parsed.error === undefined ? null : <div style={{ color: 'var(--sw-broken)', fontSize: 13 }}>{parsed.error}</div>}
          </div>
          <Group gap="xs">
            <Button type="submit" loading={simulate.isPending}>Simulate</Button>
            <Button variant="default" loading={execute.isPending} disabled={changed || input.trim() === '' || parsed.error !== undefined}
              title={changed ? 'Save first: the model is asked by the table that is live' : input.trim() === '' ? 'Enter an input' : 'Recorded as the simulator’s, and counted nowhere'}
              onClick={() => { ask(); execute.mutate(context); }}>Ask the model too</Button>
          </Group>
          {simulate.error === null ? null : <ErrorState error={simulate.error} title="The table could not be simulated" />}
          {simulate.data === undefined ? null : <Outcome simulation={simulate.data} />}
          {execute.error === null ? null : <ErrorState error={execute.error} title="The model could not be asked" />}
          {execute.data === undefined ? null : (
            <div>
              <div style={{ fontSize: 13.5, marginBottom: 4 }}>{execute.data.status} from <strong>{execute.data.variant}</strong>{execute.data.fallbackFrom === null ? '' : `, in place of ${execute.data.fallbackFrom}`}</div>
              <Code value={execute.data.text} language="json" label="Answer of the model" maxHeight="200px" />
            </div>
          )}
        </Stack>
      </form>
    </Panel>
  );
}

function Outcome({ simulation }: { simulation: SimulationInfo }) {
  return (
    <Stack gap="sm">
      <Notice tone={simulation.result === 'matched' ? 'well' : 'rest'} title={`${simulation.variant} answers`}>{simulation.detail}</Notice>
      {simulation.fields.filter((field) => field.problem !== null).map((field) => <Notice key={field.name} tone="look">{field.name} is not used: {field.problem}</Notice>)}
      <div className="sw-table-wrap" tabIndex={0} role="region" aria-label="Rows of the simulation">
        <table className="sw-table" aria-label="Simulation">
          <thead><tr><th scope="col">Row</th><th scope="col">Variant</th><th scope="col">Conditions</th><th scope="col">Outcome</th></tr></thead>
          <tbody>{simulation.rows.map((row) => <Row key={row.row} row={row} />)}</tbody>
        </table>
      </div>
    </Stack>
  );
}

function Row({ row }: { row: SimulatedRow }) {
  return (
    <tr data-best={row.answers ? true : undefined}>
      <td className="sw-num">{row.row}</td>
      <td>{row.answers ? <strong>{row.variant}</strong> : row.variant}</td>
      <td style={{ whiteSpace: 'normal' }}>
        {row.cells.length === 0 ? <span className="sw-mono sw-dim">*</span> : row.cells.map((cell) => (
          <div key={cell.field ?? ''} style={{ display: 'flex', gap: 6, alignItems: 'baseline', minWidth: 220 }}>
            {cell.matched ? <Check size={13} color="var(--sw-well)" role="img" aria-label="matches" style={{ flex: 'none' }} /> : <X size={13} color="var(--sw-broken)" role="img" aria-label="does not match" style={{ flex: 'none' }} />}
            <span>{cell.condition} <span className="sw-dim">· {cell.detail}</span></span>
          </div>
        ))}
      </td>
      <td style={{ whiteSpace: 'normal' }}>{row.answers ? <strong>answers</strong> : row.matched ? <span className="sw-dim">{row.detail}</span> : 'does not match'}</td>
    </tr>
  );
}

function parse(text: string): { value?: unknown; error?: string } {
  if (text.trim() === '') return {};
  try { return { value: JSON.parse(text) as unknown }; } catch { return { error: 'This is not JSON.' }; }
}
