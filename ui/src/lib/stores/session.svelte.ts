/** Whether a browser is logged in with the one-time code. The window always is. */
import { api, ApiError, type Scope } from '$lib/api';
import { onUnauthorized } from '$lib/api/client';
import { platform } from '$lib/platform';

class Session {
  state = $state<'asking' | 'in' | 'out'>(platform.kind === 'window' ? 'in' : 'asking');
  /** Someone was logged in here and no longer is: the page says so instead of starting over. */
  ended = $state(false);
  // What a dashboard session may do when the engine does not say otherwise.
  #scopes = $state.raw<readonly Scope[]>(['read', 'publish']);

  constructor() {
    onUnauthorized(() => {
      if (platform.kind !== 'browser') return;
      if (this.state === 'in') this.ended = true;
      this.state = 'out';
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
      await this.#enter();
    } catch (error) {
      this.state = error instanceof ApiError && error.status === 401 ? 'out' : 'in';
    }
  }

  async login(code: string): Promise<void> {
    await api.session.login(code.trim());
    await this.#enter();
  }

  /** Whether acts of this scope are offered. The engine checks again; this only spares a refusal. */
  may(scope: Scope): boolean {
    return platform.kind === 'window' || this.#scopes.includes(scope);
  }

  async #enter(): Promise<void> {
    const { scopes } = await api.session.get();
    if (scopes) this.#scopes = scopes;
    this.state = 'in';
  }

  async logout(): Promise<void> {
    await api.session.logout();
    this.ended = false;
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
