import { describe, expect, it, vi } from 'vitest';

import { browserPlatform } from './browser';
import { isDesktopWindow } from './index';

const invoke = vi.hoisted(() => vi.fn());
vi.mock('@tauri-apps/api/core', () => ({
  invoke,
  Channel: class {
    onmessage: unknown = null;
  },
}));
vi.mock('@tauri-apps/api/webview', () => ({ getCurrentWebview: vi.fn() }));
const { windowPlatform } = await import('./window');

describe('where the page runs', () => {
  it('is known by the mark that the desktop shell leaves', () => {
    expect(isDesktopWindow({})).toBe(false);
    expect(isDesktopWindow({ __TAURI_INTERNALS__: {} })).toBe(true);
  });
});

describe('in a browser', () => {
  it('every write carries the header that foreign pages cannot set', async () => {
    const fetched = vi.fn(async (..._call: [string, RequestInit]) => new Response('{}'));
    vi.stubGlobal('fetch', fetched);
    await browserPlatform.request({
      method: 'POST',
      path: '/api/communication/resume',
      headers: { accept: 'application/json' },
      body: null,
    });
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe('/api/communication/resume');
    expect(init?.headers).toMatchObject({ 'x-moulin': '1' });
    expect(init?.credentials).toBe('same-origin');
  });

  it('a refused event stream is opened again, until nobody listens any more', () => {
    vi.useFakeTimers();
    const sources: FakeSource[] = [];
    class FakeSource extends EventTarget {
      static readonly CLOSED = 2;
      readyState = 0;
      close = vi.fn();
      constructor() {
        super();
        sources.push(this);
      }
    }
    vi.stubGlobal('EventSource', FakeSource);
    const states: boolean[] = [];
    const stop = browserPlatform.subscribe(vi.fn(), (connected) => states.push(connected));
    const refuse = () => {
      const source = sources.at(-1);
      if (!source) return;
      source.readyState = FakeSource.CLOSED;
      source.dispatchEvent(new Event('error'));
    };
    refuse();
    vi.runOnlyPendingTimers();
    expect(sources).toHaveLength(2);
    sources[1]?.dispatchEvent(new Event('open'));
    expect(states).toEqual([false, true]);
    refuse();
    stop();
    vi.runOnlyPendingTimers();
    expect(sources).toHaveLength(2);
    vi.useRealTimers();
  });

  it('pictures come from the same server', () => {
    expect(browserPlatform.assetUrl('/api/x')).toBe('/api/x');
  });
});

describe('in the window', () => {
  it('a request is one call of the shell', async () => {
    invoke.mockResolvedValueOnce({ status: 200, headers: {}, body: '{}' });
    const request = { method: 'GET', path: '/api/health', headers: {}, body: null } as const;
    expect(await windowPlatform.request(request)).toMatchObject({ status: 200 });
    expect(invoke).toHaveBeenCalledWith('api', request);
  });

  it('bytes travel as base64, with the name and the description in the query', async () => {
    invoke.mockResolvedValueOnce({ status: 201, headers: {}, body: '{}' });
    await windowPlatform.upload(new File(['moulin'], 'a b.jpg'), 'Le moulin');
    expect(invoke).toHaveBeenLastCalledWith(
      'api',
      expect.objectContaining({
        path: '/api/communication/media?name=a+b.jpg&alt_text=Le+moulin',
        bodyBase64: btoa('moulin'),
      }),
    );
  });

  it('pictures come through the shell’s own protocol', () => {
    expect(windowPlatform.assetUrl('/api/x')).toBe('moulin://localhost/api/x');
  });
});
