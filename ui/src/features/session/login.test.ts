import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { session } from '$lib/stores/session.svelte';
import { expectAccessible, show } from '../house.test-support';
import LoginPage from './LoginPage.svelte';

const user = userEvent.setup();

describe('the login page', () => {
  it('says where the code is, and lets in who has it', async () => {
    show(LoginPage, '#/', { loggedOut: true }, { whole: true });
    await session.start();
    expect(session.state).toBe('out');
    expect(screen.getByText(/rubrique « Accès »/)).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByTestId('login-submit'));
    expect(screen.getByTestId('login-code')).toHaveAccessibleDescription(/Tapez le code/);
    await user.type(screen.getByTestId('login-code'), 'MOULIN-4827');
    await user.click(screen.getByTestId('login-submit'));
    await waitFor(() => expect(session.state).toBe('in'));
  });

  it('explains a code that does not work', async () => {
    show(LoginPage, '#/', { loggedOut: true });
    await user.type(screen.getByTestId('login-code'), 'FAUX');
    await user.click(screen.getByTestId('login-submit'));
    await waitFor(() =>
      expect(screen.getByTestId('login-code')).toHaveAccessibleDescription(
        /Il a peut-être déjà servi/,
      ),
    );
  });

  it('tells an application that does not answer from a wrong code', async () => {
    show(LoginPage, '#/', { loggedOut: true });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
    await user.type(screen.getByTestId('login-code'), 'MOULIN-4827');
    await user.click(screen.getByTestId('login-submit'));
    await waitFor(() =>
      expect(screen.getByTestId('login-code')).toHaveAccessibleDescription(/ne répond pas/),
    );
  });
});
