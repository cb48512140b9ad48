/** Whether a browser is logged in with the one-time code. The window always is. */
import { api, ApiError } from '$lib/api';
import { onUnauthorized } from '$lib/api/client';
import { platform } from '$lib/platform';

class Session {
  state = $state<'asking' | 'in' | 'out'>(platform.kind === 'window' ? 'in' : 'asking');

  constructor() {
    onUnauthorized(() => {
      if (platform.kind === 'browser') this.state = 'out';
    });
  }

  /** Tries the code in the address (as printed by the program), else the cookie. */
  async start(): Promise<void> {
    if (platform.kind === 'window') return;
    const code = codeInAddress();
    if (code) {
      history.replaceState(null, '', location.pathname + '#/');
      try {
        await this.login(code);
        return;
      } catch {
        // A code works once: a reload comes with a used one while the cookie is still good.
      }
    }
    try {
      await api.session.get();
      this.state = 'in';
    } catch (error) {
      this.state = error instanceof ApiError && error.status === 401 ? 'out' : 'in';
    }
  }

  async login(code: string): Promise<void> {
    await api.session.login(code.trim());
    this.state = 'in';
  }

  async logout(): Promise<void> {
    await api.session.logout();
    this.state = 'out';
  }
}

function codeInAddress(): string | null {
  const inSearch = new URLSearchParams(location.search).get('code');
  const question = location.hash.indexOf('?');
  const inHash =
    question < 0 ? null : new URLSearchParams(location.hash.slice(question)).get('code');
  return inSearch ?? inHash;
}

export const session = new Session();
