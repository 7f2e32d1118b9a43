import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockServer } from './src/test/mockPlugin.ts';

/** `npm run dev` talks to a server on 7070 (or SLIPWAY_URL); `npm run mock` answers from src/test instead. */
export default defineConfig(({ mode }) => ({
  base: '/ui/',
  plugins: [react(), ...(mode === 'mock' ? [mockServer()] : [])],
  server: {
    proxy: mode === 'mock' ? undefined : {
      '^/(api|health|openapi)/': process.env.SLIPWAY_URL ?? 'http://127.0.0.1:7070',
      '^/[^/]+/models/[^/]+(/predict|/invocations)?$': {
        target: process.env.SLIPWAY_URL ?? 'http://127.0.0.1:7070',
        // The pages of models look alike to this pattern; they belong to Vite.
        bypass: (request) => (request.url?.startsWith('/ui/') === true ? request.url : undefined),
      },
    },
  },
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    css: false,
    testTimeout: 25_000,
  },
}));
