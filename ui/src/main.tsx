import '@mantine/core/styles.css';
import './components/slipway.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { makeQueryClient } from './app/queryClient.ts';
import { makeRouter } from './app/router.tsx';

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(<StrictMode><App client={makeQueryClient()} router={makeRouter()} /></StrictMode>);
}
