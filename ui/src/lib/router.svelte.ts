/** Hash routes: the same build works at tauri://localhost and below /dashboard/. */
export interface Route {
  /** Path segments, decoded: `#/publications/nouvelle` is ['publications', 'nouvelle']. */
  segments: string[];
  query: URLSearchParams;
}

export function parseHash(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const [path = '', query = ''] = text.split('?', 2);
  return {
    segments: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query),
  };
}

class Router {
  current = $state.raw<Route>(parseHash(globalThis.location?.hash ?? ''));

  constructor() {
    globalThis.addEventListener?.('hashchange', () => {
      this.reread();
    });
  }

  /** Goes where the address says. */
  reread(): void {
    this.current = parseHash(location.hash);
  }
}

export const router = new Router();

/** Goes to `/publications/nouvelle` and the like. */
export function navigate(path: string, { replace = false } = {}): void {
  const hash = `#${path}`;
  if (replace) {
    history.replaceState(null, '', hash);
    router.current = parseHash(hash);
  } else if (location.hash === hash) {
    router.current = parseHash(hash);
  } else {
    location.hash = hash;
  }
}

/** Where a reload, or the next log-in, comes back to. The screen stays as it is. */
export function nameAddress(path: string): void {
  history.replaceState(history.state, '', `#${path}`);
}

export const href = (path: string): string => `#${path}`;
