import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import type { MockSlipway } from './mock.ts';

/** `npm run mock`: Vite answers the server's addresses from MockSlipway, with an event stream that stays open. */
export function mockServer(): Plugin {
  return {
    name: 'slipway-mock',
    async configureServer(vite) {
      const { MockSlipway: Mock } = await vite.ssrLoadModule('/src/test/mock.ts') as { MockSlipway: new () => MockSlipway };
      const mock = new Mock();
      vite.middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const address = new URL(request.url ?? '/', 'http://mock');
        const predicts = request.method === 'POST' && /^\/[^/]+\/models\/[^/]+$/.test(address.pathname);
        if (!address.pathname.startsWith('/api/') && !predicts) { next(); return; }
        if (/\/(events|logs\/stream)$/.test(address.pathname)) {
          response.writeHead(200, { 'Content-Type': 'text/event-stream' });
          response.write(': open\n\n');
          return;
        }
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
        request.on('end', () => {
          void mock.handle(new Request(address, {
            method: request.method, body: request.method === 'GET' ? undefined : Buffer.concat(chunks), headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
          })).then(async (answer) => {
            response.writeHead(answer.status, Object.fromEntries(answer.headers));
            response.end(Buffer.from(await answer.arrayBuffer()));
          });
        });
      });
    },
  };
}
