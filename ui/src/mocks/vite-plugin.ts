/** Serves the mocked API from Vite's development server: `npm run mock`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';

import { MockServer, type Scenario } from './server.ts';

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

export function mockApi(): Plugin {
  const mock = new MockServer();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url === '/api/communication/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': open\n\n');
      const stop = mock.subscribe((event) => {
        response.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
      });
      request.on('close', stop);
      return;
    }
    const bytes = await read(request);
    if (url === '/__mock/reset') {
      mock.reset(JSON.parse(Buffer.from(bytes).toString() || '{}') as Scenario);
      response.writeHead(204).end();
      return;
    }
    const contentType = request.headers['content-type'] ?? '';
    const result = mock.handle({
      method: request.method ?? 'GET',
      url,
      contentType,
      body: contentType.includes('json') ? Buffer.from(bytes).toString() : bytes,
    });
    response.writeHead(result.status, { 'content-type': result.contentType });
    response.end(result.body);
  }

  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    const url = request.url ?? '';
    if (!url.startsWith('/api/') && !url.startsWith('/__mock/')) return next();
    answer(request, response).catch(next);
  };
  return {
    name: 'vieux-moulin-mock-api',
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer: (server) => void server.middlewares.use(middleware),
  };
}
