import { Button, Checkbox, Group, Kbd, SegmentedControl } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { FlaskConical, Play, Square } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { ContextFields } from '../../components/ContextFields.tsx';
import { CopyButton, ShortId } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { contextHeaders, contextValueOf } from '../../lib/context.ts';
import { compactJson } from '../../lib/exactJson.ts';
import { formatMs, prettyJson } from '../../lib/format.ts';
import { httpMeaning, statusTone } from '../../lib/states.ts';
import type { ModelSignatureInfo } from '../../lib/wire.ts';
import type { ContextFieldInfo } from '../../lib/wireRouting.ts';
import { InputForm } from './InputForm.tsx';
import { predict, type Answer } from './predict.ts';
import { ScoreBars } from './ScoreBars.tsx';
import { drawingOf, scoresOf, type BodyForm } from './tensors.ts';

const jsonError = (text: string): string | null => {
  try { JSON.parse(text); return null; } catch (error) { return error instanceof Error ? error.message : 'Not JSON'; }
};

/** Drafts outlive the tab, not the page load. */
const drafts = new Map<string, string>();
interface Said { texts: Record<string, string>; identity: string }
const contexts = new Map<string, Said>();

/** After the last change of a drawing before it is asked: short enough to feel live, long enough for a stroke to be one question or two. */
const DRAWN_MS = 90;

/**
 * The input at the left, as fields where the version says what it takes, and as JSON; the model's answer at the right. `sample`: the version's example input, as JSON.
 */
export function ExecuteTab({ environment, name, sample, curlAddress, blocked, signature, form, inputView, fields }: {
  environment: string; name: string; sample: string | null; curlAddress: string; blocked: string | null; signature: ModelSignatureInfo | null; form: BodyForm; inputView: unknown;
  /** Those of the routing table. */
  fields: ContextFieldInfo[];
}) {
  const key = `${environment}/${name}`;
  const [input, setInput] = useState(drafts.get(key) ?? sample ?? '{\n  \n}');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  const drawing = signature === null ? null : drawingOf(inputView, signature);
  const [way, setWay] = useState<'form' | 'json'>(signature === null ? 'json' : 'form');
  const [live, setLive] = useState(true);
  /** By input: fields whose text is not in the body. Another round of the form begins with what the body says. */
  const [fieldErrors, setFieldErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [round, setRound] = useState(0);
  const anew = () => { setFieldErrors(new Map()); setRound((old) => old + 1); };
  const wrong = way === 'form' ? signature?.inputs.find((one) => fieldErrors.has(one.name))?.name : undefined;
  const notJson = jsonError(input);
  const invalid = wrong !== undefined ? `${wrong}: ${fieldErrors.get(wrong) ?? ''}` : notJson === null ? null : `Not valid JSON: ${notJson}`;
  const again = useRef(false);

  const [said, setSaid] = useState(contexts.get(key) ?? { texts: {}, identity: '' });
  const headers = useMemo(() => contextHeaders(Object.fromEntries(fields.flatMap((field) => {
    const value = contextValueOf(said.texts[field.name] ?? '', field.type);
    return value === undefined ? [] : [[field.name, value]];
  })), said.identity), [fields, said]);

  const latest = useRef({ input, headers, invalid });
  useEffect(() => { latest.current = { input, headers, invalid }; drafts.set(key, input); contexts.set(key, said); }, [input, headers, invalid, said, key]);
  useEffect(() => () => { running.current?.abort(); }, []);

  /** `keep`: the last answer stays in sight until the next is there. */
  const execute = useCallback(async (keep: boolean) => {
    const { input: body, headers: own } = latest.current;
    if (latest.current.invalid !== null) return;
    if (running.current !== null) { again.current = true; return; }
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    setFailure(null);
    if (!keep) setAnswer(null);
    try {
      setAnswer(await predict(environment, name, body, own, setAnswer, controller.signal));
    } catch (error) {
      if (controller.signal.aborted) setAnswer((old) => (old === null ? null : { ...old, streaming: false }));
      else setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      running.current = null;
      setBusy(false);
    }
  }, [environment, name]);
  const submit = useCallback(() => { void execute(false); }, [execute]);

  // While somebody draws, the model is asked again and again, one question at a time.
  const drawn = useRef(0);
  const change = (text: string) => {
    setInput(text);
    if (drawing === null || !live || way !== 'form') return;
    window.clearTimeout(drawn.current);
    drawn.current = window.setTimeout(() => { void execute(true); }, DRAWN_MS);
  };
  const onFieldError = (field: string, error: string | null) => {
    setFieldErrors((old) => new Map([...[...old].filter(([one]) => one !== field), ...(error === null ? [] : [[field, error] as const])]));
  };
  useEffect(() => {
    if (!busy && again.current) { again.current = false; void execute(true); }
  }, [busy, execute]);
  useEffect(() => () => { window.clearTimeout(drawn.current); }, []);
  const asArgument = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const curl = [
    `curl -X POST ${curlAddress} -H "Authorization: Bearer $SLIPWAY_API_KEY" -H "Content-Type: application/json"`,
    ...Object.entries(headers).map(([header, value]) => `-H ${asArgument(`${header}: ${value}`)}`), `-d ${asArgument(compactJson(input))}`,
  ].join(' ');

  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16, alignItems: 'start' }}>
      <Panel title="Input" actions={(
        <>
          {sample === null ? null : <Button size="xs" variant="subtle" color="gray" leftSection={<FlaskConical size={14} aria-hidden />} onClick={() => { anew(); change(sample); }}>Sample</Button>}
          {busy
            ? <Button size="xs" variant="default" leftSection={<Square size={13} aria-hidden />} onClick={() => { running.current?.abort(); }}>Cancel</Button>
            : <Button size="xs" leftSection={<Play size={13} aria-hidden />} disabled={invalid !== null} onClick={submit} title="Ctrl-Enter">Execute</Button>}
        </>
      )} flush>
        {signature === null ? null : (
          <div style={{ padding: '10px 12px', borderBottom: '1px solid var(--sw-line)', display: 'flex', gap: 12, alignItems: 'center', justifyContent: 'space-between', flexWrap: 'wrap' }}>
            <SegmentedControl size="xs" aria-label="Edit the input as" value={way} data={[{ value: 'form', label: 'Form' }, { value: 'json', label: 'JSON' }]}
              onChange={(value) => { anew(); setWay(value === 'form' ? 'form' : 'json'); }} />
            {drawing === null || way !== 'form' ? null : <Checkbox size="xs" label="Ask while I draw" checked={live} onChange={(event) => { setLive(event.currentTarget.checked); }} />}
          </div>
        )}
        {signature !== null && way === 'form'
          ? <div className="sw-body" style={{ padding: 14, minHeight: 360 }} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(); }}>
              <InputForm key={round} text={input} onChange={change} onError={onFieldError} signature={signature} form={form} drawing={drawing} />
            </div>
          : <Code value={input} onChange={setInput} language="json" label="Input, JSON" height="360px" onSubmit={submit} />}
        {fields.length === 0 ? null : (
          <section aria-label="Context" style={{ padding: '10px 12px', borderTop: '1px solid var(--sw-line)', display: 'grid', gap: 8 }}>
            <div style={{ fontSize: 13 }}>Context <span className="sw-dim">by which the routing table chooses the variant; what is left empty is not given</span></div>
            <ContextFields fields={fields.map((field) => ({ ...field, key: field.name }))} texts={said.texts} identity={said.identity}
              onText={(field, text) => { setSaid((old) => ({ ...old, texts: { ...old.texts, [field]: text } })); }} onIdentity={(identity) => { setSaid((old) => ({ ...old, identity })); }} />
          </section>
        )}
        <div style={{ padding: '8px 12px', borderTop: '1px solid var(--sw-line)', fontSize: 12.5, display: 'flex', gap: 8, alignItems: 'center', justifyContent: 'space-between', flexWrap: 'wrap', minHeight: 38 }}>
          {invalid === null
            ? <span className="sw-dim"><Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> executes</span>
            : <span role="alert" style={{ color: 'var(--sw-broken)' }}>{invalid}</span>}
          <Group gap={2} className="sw-dim">as curl <CopyButton value={curl} what="curl command" /></Group>
        </div>
      </Panel>
      <Panel title="Answer" actions={answer === null ? undefined : <CopyButton value={answer.text} what="answer" />}>
        <div style={{ minHeight: 376 }} aria-live="polite" aria-busy={busy}>
          {blocked === null ? null : <div style={{ marginBottom: 12 }}><Notice tone="look">{blocked}</Notice></div>}
          {failure === null ? null : <Notice tone="broken" title="No answer came">{failure}</Notice>}
          {answer === null && failure === null ? (
            busy ? <span className="sw-dim">Waiting for the first byte…</span>
              : <EmptyState title="Nothing executed yet">Edit the input and press Execute. The call is recorded in History with origin “ui”; it does not count in analytics.</EmptyState>
          ) : null}
          {answer === null ? null : <Result answer={answer} routed={fields.length > 0} />}
        </div>
      </Panel>
    </div>
  );
}

/** "matched; row=2" in words. */
const rowWords = (routing: string | null) => {
  const row = /row=(\d+)/.exec(routing ?? '')?.[1];
  return row === undefined ? null : row === '0' ? 'no row matched, so the default answers' : `row ${row} matched`;
};

function Result({ answer, routed }: { answer: Answer; routed: boolean }) {
  const { env, name } = useParams({ strict: false });
  const isJson = answer.contentType.includes('json') && !answer.streaming && jsonError(answer.text) === null;
  const scores = isJson && answer.error === null ? scoresOf(answer.text) : null;
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      <div style={{ display: 'flex', gap: '6px 14px', alignItems: 'center', flexWrap: 'wrap', fontSize: 13.5 }}>
        <StateBadge state={answer.streaming ? { tone: 'moving', word: `${answer.status} streaming`, meaning: 'The answer is arriving.' }
          : { tone: statusTone(answer.status), word: `${answer.status} ${httpMeaning(answer.status)}`, meaning: httpMeaning(answer.status) }} />
        <span className="sw-num"><span className="sw-dim">Latency </span>{formatMs(answer.latencyMs)}</span>
        {answer.replicaMs === null ? null : (
          <span className="sw-num" title="As the server measured: waiting for a replica, and on the replica. The rest of the latency is the way there and back.">
            <span className="sw-dim">Queue </span>{formatMs(answer.queueMs ?? 0)}<span className="sw-dim"> · Replica </span>{formatMs(answer.replicaMs)}
          </span>
        )}
        {answer.revision === null ? null : <span><span className="sw-dim">Revision </span>{answer.revision}</span>}
        {answer.variant === null || !(routed || answer.fallbackFrom !== null) ? null : (
          <span><span className="sw-dim">Variant </span>{answer.variant}
            <span className="sw-dim">{answer.fallbackFrom === null ? '' : `, in place of ${answer.fallbackFrom}`}{rowWords(answer.routing) === null ? '' : `: ${rowWords(answer.routing)}`}</span></span>
        )}
        {answer.attempts === null || answer.attempts === '1' ? null : <span><span className="sw-dim">Attempts </span>{answer.attempts}</span>}
        {answer.predictionId === null ? null : (
          <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}>
            <span className="sw-dim">Prediction</span> <ShortId id={answer.predictionId} what="prediction id" />
            {env === undefined || name === undefined || answer.status === 401 || answer.status === 403 ? null : (
              <Link to="/deployments/$env/$name/$tab" params={{ env, name, tab: 'history' }} search={{ open: answer.predictionId }} style={{ color: 'inherit' }}>open in History</Link>
            )}
          </span>
        )}
      </div>
      {answer.error === null ? null : <Notice tone="broken" title={<span className="sw-mono">{answer.error.code}</span>}>{answer.error.detail}</Notice>}
      {scores === null ? null : <ScoreBars name={scores.name} scores={scores.scores} />}
      {isJson ? <Code value={prettyJson(answer.text)} language="json" label="Answer, JSON" maxHeight="420px" /> : <pre className="sw-code sw-wrap" tabIndex={0} aria-label="Answer">{answer.text}</pre>}
    </div>
  );
}
