import { Button, Textarea } from '@mantine/core';

const isJson = (text: string) => text.trimStart().startsWith('{');

/** Labels as lines `key=value`, or as one JSON object of texts. */
export function labelsOf(text: string): { labels: Record<string, string>; error?: string } {
  if (isJson(text)) return ofJson(text);
  const labels: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at <= 0) return { labels, error: `“${line.trim()}” is not key=value` };
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { labels };
}

function ofJson(text: string): { labels: Record<string, string>; error?: string } {
  let value: unknown;
  try { value = JSON.parse(text); } catch (error) { return { labels: {}, error: `Not valid JSON: ${error instanceof Error ? error.message : ''}` }; }
  const entries = Object.entries(value as Record<string, unknown>);
  const wrong = entries.find(([, one]) => typeof one !== 'string');
  return wrong === undefined ? { labels: Object.fromEntries(entries) as Record<string, string> } : { labels: {}, error: `The value of “${wrong[0]}” must be a text, in quotation marks` };
}

export const labelsText = (labels: Record<string, string>) => Object.entries(labels).map(([key, value]) => `${key}=${value}`).join('\n');

export function LabelsInput({ value, onChange, error }: { value: string; onChange: (value: string) => void; error?: string }) {
  const json = isJson(value);
  const parsed = labelsOf(value);
  // A text with a line break in it has no line of its own to be.
  const stuck = parsed.error !== undefined || (json && Object.entries(parsed.labels).some(([key, one]) => /[\n=]/.test(key) || one.includes('\n') || one !== one.trim()));
  return (
    <div>
      <Textarea label="Labels" description={json ? 'One JSON object: {"team": "risk"}' : 'One a line, key=value; or a JSON object'} autosize minRows={2} maxRows={12} value={value} error={error} classNames={{ input: 'sw-mono' }} spellCheck={false}
        onChange={(event) => { onChange(event.currentTarget.value); }} />
      <div style={{ textAlign: 'right' }}>
        <Button size="compact-xs" variant="subtle" color="gray" disabled={stuck} onClick={() => { onChange(json ? labelsText(parsed.labels) : JSON.stringify(parsed.labels, null, 2)); }}>
          {json ? 'Edit as lines' : 'Edit as JSON'}
        </Button>
      </div>
    </div>
  );
}
