import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { FakeEventSource } from './eventSource.ts';
import { MockSlipway } from './mock.ts';

// Pages are loaded on demand, and the machine may be busy.
configure({ asyncUtilTimeout: 8_000 });

/** What jsdom lacks and browsers have. */
window.matchMedia = (query: string) => ({
  matches: false, media: query, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false,
});
window.ResizeObserver = class { observe() { /* sizes do not change here */ } unobserve() { /* idem */ } disconnect() { /* idem */ } };
window.scrollTo = () => undefined;
// jsdom matches every rule for every question by role; here only inline styles hide anything.
window.getComputedStyle = (element) => (element as HTMLElement).style;
Object.defineProperty(document, 'fonts', { value: new EventTarget() });
Element.prototype.scrollIntoView = () => undefined;
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();
// React Router's scroll restoration and Mantine's menus measure; everything is somewhere.
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, get: () => 480 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => 800 });

let current = new MockSlipway();
/** The server of the running test. */
export const mock = () => current;

const server = setupServer(http.all('*', ({ request }) => current.handle(request)));

beforeAll(() => { server.listen({ onUnhandledRequest: 'error' }); });
beforeEach(() => {
  current = new MockSlipway();
  FakeEventSource.all.length = 0;
  window.EventSource = FakeEventSource as unknown as typeof EventSource;
  globalThis.EventSource = window.EventSource;
  localStorage.clear();
});
afterEach(() => { cleanup(); });
afterAll(() => { server.close(); });
