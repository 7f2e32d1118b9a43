import type { ReactNode } from 'react';

const INLINE = /(`[^`]+`)|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** The part of Markdown that notes need: headings, lists, code, bold, italic, links. It makes elements, never HTML, so a note cannot bring a script. */
export function Markdown({ text }: { text: string }) {
  return <div className="sw-break" style={{ display: 'grid', gap: 8, fontSize: 14 }}>{blocksOf(text)}</div>;
}

function blocksOf(text: string): ReactNode[] {
  const blocks: ReactNode[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const start = at;
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    if (line.trim() === '') { at += 1; continue; }
    if (line.startsWith('```')) {
      at += 1;
      while (at < lines.length && !(lines[at] ?? '').startsWith('```')) at += 1;
      blocks.push(<pre key={start} className="sw-code">{lines.slice(start + 1, at).join('\n')}</pre>);
      at += 1;
    } else if (heading !== null) {
      blocks.push(<div key={start} role="heading" aria-level={(heading[1]?.length ?? 1) + 2} style={{ fontWeight: 650, fontSize: 17 - (heading[1]?.length ?? 1) }}>{inline(heading[2] ?? '')}</div>);
      at += 1;
    } else if (/^\s*([-*]|\d+\.)\s+/.test(line)) {
      while (at < lines.length && /^\s*([-*]|\d+\.)\s+/.test(lines[at] ?? '')) at += 1;
      const items = lines.slice(start, at).map((item, index) => <li key={start + index}>{inline(item.replace(/^\s*([-*]|\d+\.)\s+/, ''))}</li>);
      blocks.push(/^\s*\d/.test(line) ? <ol key={start} style={{ margin: 0, paddingLeft: 20 }}>{items}</ol> : <ul key={start} style={{ margin: 0, paddingLeft: 20 }}>{items}</ul>);
    } else {
      while (at < lines.length && (lines[at] ?? '').trim() !== '' && !/^(#{1,4}\s|```|\s*([-*]|\d+\.)\s)/.test(lines[at] ?? '')) at += 1;
      blocks.push(<p key={start} style={{ margin: 0, whiteSpace: 'pre-wrap' }}>{inline(lines.slice(start, at).join('\n'))}</p>);
    }
  }
  return blocks;
}

function inline(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(last, match.index));
    const [whole, code, bold, italic, name, address] = match;
    parts.push(code !== undefined ? <code key={match.index} className="sw-mono">{code.slice(1, -1)}</code>
      : bold !== undefined ? <strong key={match.index}>{bold}</strong>
      : italic !== undefined ? <em key={match.index}>{italic}</em>
      : <a key={match.index} href={address} className="sw-link" rel="noreferrer noopener" target="_blank">{name}</a>);
    last = match.index + whole.length;
  }
  return [...parts, text.slice(last)];
}
