import { useComputedColorScheme } from '@mantine/core';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import { linter, lintGutter } from '@codemirror/lint';
import CodeMirror, { EditorView, keymap, Prec } from '@uiw/react-codemirror';
import { useMemo } from 'react';

export interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language: 'json' | 'python' | 'text';
  label: string;
  height?: string;
  maxHeight?: string;
  /** Called on Ctrl-Enter (Cmd-Enter). */
  onSubmit?: () => void;
}

/** CodeMirror: JSON with validation and folding when it has `onChange`, else a viewer. Loaded on demand by Code.tsx. */
export default function CodeEditor({ value, onChange, language, label, height, maxHeight, onSubmit }: CodeEditorProps) {
  const scheme = useComputedColorScheme('light');
  const readOnly = onChange === undefined;
  const extensions = useMemo(() => [
    EditorView.contentAttributes.of({ 'aria-label': label }),
    ...(language === 'json' ? [json(), ...(readOnly ? [] : [linter(jsonParseLinter()), lintGutter()])] : []),
    ...(language === 'python' ? [python()] : []),
    EditorView.lineWrapping,
    ...(onSubmit === undefined ? [] : [Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => { onSubmit(); return true; } }]))]),
  ], [language, label, readOnly, onSubmit]);
  return (
    <CodeMirror value={value} onChange={onChange} extensions={extensions} theme={scheme} height={height} maxHeight={maxHeight} readOnly={readOnly}
      basicSetup={{ highlightActiveLine: !readOnly, highlightActiveLineGutter: !readOnly, autocompletion: false }} indentWithTab={false} />
  );
}
