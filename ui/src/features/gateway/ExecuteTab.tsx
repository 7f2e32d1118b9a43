import { Button, Group, Kbd } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { FlaskConical, Play, Square } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { CopyButton, ShortId } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { formatMs, prettyJson } from '../../lib/format.ts';
import { httpMeaning, statusTone } from '../../lib/states.ts';
import { predict, type Answer } from './predict.ts';

const jsonError = (text: string): string | null => {
  try { JSON.parse(text); return null; } catch (error) { return error instanceof Error ? error.message : 'Not JSON'; }
};

/** Drafts outlive the tab, not the page load. */
const drafts = new Map<string, string>();

/** JSON in at the left, the model's answer at the right. `sample`: the version's example input, as JSON. */
export function ExecuteTab({ environment, name, sample, curlAddress, blocked }: {
  environment: string; name: string; sample: string | null; curlAddress: string; blocked: string | null;
}) {
  const key = `${environment}/${name}`;
  const [input, setInput] = useState(drafts.get(key) ?? sample ?? '{\n  \n}');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  const invalid = jsonError(input);

  const latest = useRef(input);
  useEffect(() => { latest.current = input; drafts.set(key, input); }, [input, key]);
  useEffect(() => () => { running.current?.abort(); }, []);

  const execute = useCallback(async () => {
    const body = latest.current;
    if (jsonError(body) !== null || running.current !== null) return;
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    setFailure(null);
    setAnswer(null);
    try {
      setAnswer(await predict(environment, name, body, setAnswer, controller.signal));
    } catch (error) {
      if (controller.signal.aborted) setAnswer((old) => (old === null ? null : { ...old, streaming: false }));
      else setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      running.current = null;
      setBusy(false);
    }
  }, [environment, name]);
  const submit = useCallback(() => { void execute(); }, [execute]);
  const curl = `curl -X POST ${curlAddress} -H "Authorization: Bearer $SLIPWAY_API_KEY" -H "Content-Type: application/json" -d '${compact(input).replaceAll("'", "'\\''")}'`;

  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 16, alignItems: 'start' }}>
      <Panel title="Input" actions={(
        <>
          {sample === null ? null : <Button size="xs" variant="subtle" color="gray" leftSection={<FlaskConical size={14} aria-hidden />} onClick={() => { setInput(sample); }}>Sample</Button>}
          {busy
            ? <Button size="xs" variant="default" leftSection={<Square size={13} aria-hidden />} onClick={() => { running.current?.abort(); }}>Cancel</Button>
            : <Button size="xs" leftSection={<Play size={13} aria-hidden />} disabled={invalid !== null} onClick={submit} title="Ctrl-Enter">Execute</Button>}
        </>
      )} flush>
        <Code value={input} onChange={setInput} language="json" label="Input, JSON" height="360px" onSubmit={submit} />
        <div style={{ padding: '8px 12px', borderTop: '1px solid var(--sw-line)', fontSize: 12.5, display: 'flex', gap: 8, alignItems: 'center', justifyContent: 'space-between', flexWrap: 'wrap', minHeight: 38 }}>
          {invalid === null
            ? <span className="sw-dim"><Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> executes</span>
            : <span role="alert" style={{ color: 'var(--sw-broken)' }}>Not valid JSON: {invalid}</span>}
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
          {answer === null ? null : <Result answer={answer} />}
        </div>
      </Panel>
    </div>
  );
}

const compact = (text: string) => { try { return JSON.stringify(JSON.parse(text)); } catch { return text; } };

function Result({ answer }: { answer: Answer }) {
  const { env, name } = useParams({ strict: false });
  const isJson = answer.contentType.includes('json') && !answer.streaming && jsonError(answer.text) === null;
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      <div style={{ display: 'flex', gap: '6px 14px', alignItems: 'center', flexWrap: 'wrap', fontSize: 13.5 }}>
        <StateBadge state={answer.streaming ? { tone: 'moving', word: `${answer.status} streaming`, meaning: 'The answer is arriving.' }
          : { tone: statusTone(answer.status), word: `${answer.status} ${httpMeaning(answer.status)}`, meaning: httpMeaning(answer.status) }} />
        <span className="sw-num"><span className="sw-dim">Latency </span>{formatMs(answer.latencyMs)}</span>
        {answer.revision === null ? null : <span><span className="sw-dim">Revision </span>{answer.revision}</span>}
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
      {isJson ? <Code value={prettyJson(answer.text)} language="json" label="Answer, JSON" maxHeight="420px" /> : <pre className="sw-code sw-wrap" tabIndex={0} aria-label="Answer">{answer.text}</pre>}
    </div>
  );
}
