import { Textarea } from '@mantine/core';

/** Labels as lines `key=value`. */
export function labelsOf(text: string): { labels: Record<string, string>; error?: string } {
  const labels: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at <= 0) return { labels, error: `“${line.trim()}” is not key=value` };
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { labels };
}

export const labelsText = (labels: Record<string, string>) => Object.entries(labels).map(([key, value]) => `${key}=${value}`).join('\n');

export function LabelsInput({ value, onChange, error }: { value: string; onChange: (value: string) => void; error?: string }) {
  return (
    <Textarea label="Labels" description="One a line: key=value" autosize minRows={2} value={value} error={error} classNames={{ input: 'sw-mono' }} spellCheck={false}
      onChange={(event) => { onChange(event.currentTarget.value); }} />
  );
}
