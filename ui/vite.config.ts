import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

import { mockApi } from './src/mocks/vite-plugin.ts';

export default defineConfig(({ mode }) => ({
  // Relative addresses: the same build is served at tauri://localhost and below /dashboard/.
  base: './',
  resolve: { alias: { $lib: new URL('./src/lib', import.meta.url).pathname } },
  plugins: [
    tailwindcss(),
    svelte(),
    ...(mode === 'test' ? [svelteTesting()] : []),
    ...(mode === 'mock' ? [mockApi()] : []),
  ],
  server: {
    host: '127.0.0.1',
    port: mode === 'mock' ? 5188 : 5187,
    strictPort: true,
    // `npm run dev` works on the real engine.
    proxy:
      mode === 'development'
        ? { '/api': process.env.MOULIN_URL ?? 'http://127.0.0.1:5001' }
        : undefined,
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['es2022', 'safari16.4'],
    // The application, and the page of a start that did not succeed: it loads none of the
    // application, so it is an entry of its own. Vite takes entries from HTML files; a template
    // for the one line in which these two differ would need a plugin longer than both.
    rolldownOptions: { input: ['index.html', 'start.html'] },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['./src/test-setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    // Generous: these tests also run on small machines that do other work.
    testTimeout: 30_000,
  },
}));
