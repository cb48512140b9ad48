/** Puts the mocked API behind `fetch`, for unit tests. */
import { vi } from 'vitest';

import { MockServer, type Scenario } from './server.ts';

export function installMockApi(scenario: Scenario = {}): MockServer {
  const mock = new MockServer(scenario);
  vi.stubGlobal('fetch', async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const given = init.body;
    const result = mock.handle({
      method: init.method ?? 'GET',
      url,
      body: typeof given === 'string' ? given : await formBytes(given),
      contentType: given instanceof FormData ? 'multipart/form-data; boundary=test' : '',
    });
    return new Response(result.body as BodyInit, {
      status: result.status,
      headers: { 'content-type': result.contentType },
    });
  });
  return mock;
}

async function formBytes(body: BodyInit | null | undefined): Promise<Uint8Array | null> {
  const file = body instanceof FormData ? body.get('file') : null;
  if (!(file instanceof File)) return null;
  const head = `--test\r\ncontent-disposition: form-data; filename="${file.name}"\r\ncontent-type: ${file.type}\r\n\r\n`;
  return new TextEncoder().encode(`${head}${file.name}\r\n--test--`);
}
