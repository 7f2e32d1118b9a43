import { Button } from '@mantine/core';
import { Eraser } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { DrawingView } from './tensors.ts';

/** Fine pixels in one of the model's, in each direction: its ink is their mean, as a scanner sees it. */
const FINE = 8;
/** Radius of the pen, as a share of the drawing's height. */
const PEN = 0.085;

/**
 * A pad of the model's own pixels. Pointer or finger draws; with the keyboard the arrows move a pen, Space or Enter sets its pixel, Backspace takes it away,
 * Delete clears. `pixels`: ink by row, 0 is paper.
 */
export function DrawingPad({ view, pixels, onDraw }: { view: DrawingView; pixels: number[]; onDraw: (pixels: number[]) => void }) {
  const { width, height, ink } = view;
  const canvas = useRef<HTMLCanvasElement>(null);
  const fine = useRef<Uint8Array | null>(null);
  const last = useRef<{ x: number; y: number } | null>(null);
  const [pen, setPen] = useState<{ x: number; y: number } | null>(null);
  const help = useId();
  const drawn = useRef<number[] | null>(null);

  // What came from elsewhere (the sample, an edit of the JSON) begins the fine pixels anew.
  useEffect(() => { if (pixels !== drawn.current) fine.current = null; }, [pixels]);

  useEffect(() => {
    const context = canvas.current?.getContext('2d') ?? null;
    if (context === null) return;
    const image = context.createImageData(width, height);
    pixels.forEach((value, at) => { image.data.set([0, 0, 0, Math.round(Math.min(1, Math.max(0, value / ink)) * 255)], at * 4); });
    context.putImageData(image, 0, 0);
  }, [pixels, width, height, ink]);

  const give = (next: number[]) => { drawn.current = next; onDraw(next); };

  const fineOf = () => {
    if (fine.current === null) {
      const made = new Uint8Array(width * height * FINE * FINE);
      for (let at = 0; at < made.length; at++) {
        const [x, y] = [at % (width * FINE), Math.floor(at / (width * FINE))];
        // A pixel of some ink gets that share of its fine ones, from its middle outwards.
        const share = Math.min(1, (pixels[Math.floor(y / FINE) * width + Math.floor(x / FINE)] ?? 0) / ink);
        const [dx, dy] = [Math.abs((x % FINE) - (FINE - 1) / 2), Math.abs((y % FINE) - (FINE - 1) / 2)];
        made[at] = Math.max(dx, dy) < (Math.sqrt(share) * FINE) / 2 ? 1 : 0;
      }
      fine.current = made;
    }
    return fine.current;
  };

  /** Draws a line of the pen's width; positions are in the model's pixels. */
  const stroke = (from: { x: number; y: number }, to: { x: number; y: number }) => {
    const bits = fineOf();
    const radius = Math.max(0.6, PEN * height) * FINE;
    const next = [...pixels];
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * FINE / 2));
    for (let step = 0; step <= steps; step++) {
      const cx = (from.x + ((to.x - from.x) * step) / steps) * FINE;
      const cy = (from.y + ((to.y - from.y) * step) / steps) * FINE;
      for (let y = Math.max(0, Math.floor(cy - radius)); y <= Math.min(height * FINE - 1, Math.ceil(cy + radius)); y++) {
        for (let x = Math.max(0, Math.floor(cx - radius)); x <= Math.min(width * FINE - 1, Math.ceil(cx + radius)); x++) {
          if ((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2 <= radius ** 2) bits[y * width * FINE + x] = 1;
        }
      }
    }
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        let sum = 0;
        for (let y = 0; y < FINE; y++) for (let x = 0; x < FINE; x++) sum += bits[(py * FINE + y) * width * FINE + px * FINE + x] ?? 0;
        const value = (sum / (FINE * FINE)) * ink;
        next[py * width + px] = ink > 4 ? Math.round(value) : Math.round(value * 1000) / 1000;
      }
    }
    give(next);
  };

  const place = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * width, y: ((event.clientY - box.top) / box.height) * height };
  };

  const clear = () => { fine.current = null; give(pixels.map(() => 0)); };

  const set = (at: { x: number; y: number }, value: number) => {
    fine.current = null;
    give(pixels.map((old, index) => (index === at.y * width + at.x ? value : old)));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = pen ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
    const moves: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move !== undefined) {
      const to = { x: Math.min(width - 1, Math.max(0, at.x + move[0])), y: Math.min(height - 1, Math.max(0, at.y + move[1])) };
      setPen(to);
      if (event.shiftKey) set(to, ink);
    } else if (event.key === ' ' || event.key === 'Enter') { setPen(at); set(at, ink); }
    else if (event.key === 'Backspace') { setPen(at); set(at, 0); }
    else if (event.key === 'Delete') clear();
    else return;
    event.preventDefault();
  };

  const isEmpty = pixels.every((value) => value === 0);
  return (
    <div style={{ display: 'grid', gap: 8, justifyItems: 'start' }}>
      <div className="sw-pad" style={{ aspectRatio: `${width} / ${height}`, backgroundSize: `${100 / width}% ${100 / height}%` }}>
        <canvas ref={canvas} width={width} height={height} tabIndex={0} role="application" aria-label={`Drawing, ${width} by ${height} pixels`} aria-describedby={help}
          onKeyDown={onKeyDown} onBlur={() => { setPen(null); }}
          onPointerDown={(event) => { event.preventDefault(); event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); last.current = place(event); stroke(last.current, last.current); }}
          onPointerMove={(event) => { if (last.current === null) return; const to = place(event); stroke(last.current, to); last.current = to; }}
          onPointerUp={() => { last.current = null; }} onPointerCancel={() => { last.current = null; }} />
        {pen === null ? null : <span aria-hidden className="sw-pen" style={{ left: `${(pen.x / width) * 100}%`, top: `${(pen.y / height) * 100}%`, width: `${100 / width}%`, height: `${100 / height}%` }} />}
        {isEmpty ? <span aria-hidden className="sw-hint">Draw here</span> : null}
      </div>
      <div style={{ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }}>
        <Button size="xs" variant="default" leftSection={<Eraser size={14} aria-hidden />} onClick={clear} disabled={isEmpty}>Clear</Button>
        <span id={help} className="sw-dim" style={{ fontSize: 12.5 }}>Fill the square. Keys: arrows move, Space draws, Backspace erases, Delete clears.</span>
      </div>
      <span className="sw-hidden" aria-live="polite">{pen === null ? '' : `Row ${pen.y + 1}, column ${pen.x + 1}: ink ${pixels[pen.y * width + pen.x] ?? 0} of ${ink}`}</span>
    </div>
  );
}
