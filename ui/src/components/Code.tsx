import { lazy, Suspense } from 'react';
import { BlockSkeleton } from './Skeletons.tsx';
import type { CodeEditorProps } from './CodeEditor.tsx';

const CodeEditor = lazy(() => import('./CodeEditor.tsx'));

/** The code editor or viewer; its code is loaded when it is first shown. */
export function Code(props: CodeEditorProps) {
  const pixels = Number.parseInt(props.height ?? '', 10);
  return (
    <Suspense fallback={<div className="sw-skeleton"><BlockSkeleton height={Number.isNaN(pixels) ? 160 : pixels} /></div>}>
      <CodeEditor {...props} />
    </Suspense>
  );
}
