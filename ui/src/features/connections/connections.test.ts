import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { api } from '$lib/api';
import { platform } from '$lib/platform';
import { session } from '$lib/stores/session.svelte';
import { status } from '$lib/stores/status.svelte';
import { toasts } from '$lib/toasts.svelte';
import { expectAccessible, sent, show } from '../house.test-support';
import ConnectionsPage from './ConnectionsPage.svelte';

const ACCOUNTS = '/api/communication/accounts';
const user = userEvent.setup();

function mayChange(yes: boolean) {
  vi.spyOn(session, 'may').mockImplementation((scope) => yes || scope === 'read');
}

describe('Connexions', () => {
  beforeEach(() => mayChange(true));

  it('lists every account with its state in words', async () => {
    show(ConnectionsPage, '#/connexions', { trouble: true });
    const facebook = await screen.findByTestId('account-facebook');
    expect(within(facebook).getByTestId('account-facebook-state')).toHaveTextContent(
      'À reconnecter',
    );
    expect(facebook).toHaveTextContent('3 publications en attente');
    expect(facebook).toHaveTextContent('Créez un nouveau jeton');
    expect(screen.getByTestId('account-bluesky-state')).toHaveTextContent('En pause');
    // Unknown is not never.
    expect(screen.getByTestId('account-bluesky')).toHaveTextContent(
      'Bluesky n’indique pas de date de fin',
    );
    expect(screen.getByTestId('account-mastodon')).toHaveTextContent('Cet accès n’expire pas');
    // An access that ends within a week is shown before it fails.
    expect(
      within(screen.getByTestId('account-instagram')).getByTestId('account-instagram-reconnect'),
    ).toBeVisible();
    await expectAccessible();
  });

  it('shows without offering changes to whoever may only read', async () => {
    mayChange(false);
    show(ConnectionsPage, '#/connexions');
    await screen.findByTestId('account-facebook');
    expect(screen.queryByTestId('connect-add')).toBeNull();
    expect(screen.getByTestId('connections-read-only')).toBeVisible();
  });

  it('offers every network the engine knows', async () => {
    show(ConnectionsPage, '#/connexions/ajouter');
    for (const name of ['facebook', 'instagram', 'bluesky', 'mastodon']) {
      expect(await screen.findByTestId(`connect-${name}`)).toBeVisible();
    }
    await expectAccessible();
  });

  it('asks for what is missing before it calls the engine', async () => {
    const mock = show(ConnectionsPage, '#/connexions/ajouter/facebook');
    await user.click(await screen.findByTestId('connect-submit'));
    expect(screen.getByTestId('cred-page_id')).toHaveAccessibleDescription(
      /À remplir\s: Numéro de la page/,
    );
    expect(screen.getByTestId('cred-page_id')).toHaveFocus();
    expect(sent(mock, 'POST', ACCOUNTS)).toEqual([]);
    await expectAccessible();
  });

  it('fills in the trial account of the practice mode, which nobody could guess', async () => {
    const mock = show(ConnectionsPage, '#/connexions/ajouter/bluesky');
    await status.refresh();
    await user.click(await screen.findByTestId('connect-trial'));
    expect(screen.getByTestId('cred-identifier')).toHaveValue('vieuxmoulin2.test');
    expect(screen.queryByTestId('connect-trial')).toBeNull();
    await user.click(screen.getByTestId('connect-submit'));
    await screen.findByTestId('connect-done');
    expect(sent(mock, 'POST', ACCOUNTS)).toMatchObject([
      { credentials: { app_password: 'sandbox-app-password-2' } },
    ]);
  });

  it('masks a secret until it is asked for', async () => {
    show(ConnectionsPage, '#/connexions/ajouter/facebook');
    const secret = await screen.findByTestId('cred-access_token');
    expect(secret).toHaveAttribute('type', 'password');
    await user.click(screen.getByTestId('cred-access_token-show'));
    expect(secret).toHaveAttribute('type', 'text');
    expect(screen.getByTestId('cred-page_id')).toHaveAttribute('type', 'text');
  });

  it('connects and shows what the test call found', async () => {
    const mock = show(ConnectionsPage, '#/connexions/ajouter/bluesky');
    await user.type(await screen.findByTestId('cred-identifier'), ' moulin.bsky.social ');
    await user.type(screen.getByTestId('cred-app_password'), 'abcd-efgh');
    await user.click(screen.getByTestId('connect-submit'));
    expect(await screen.findByTestId('connect-done')).toHaveAttribute('data-ok', 'true');
    expect(screen.getByTestId('findings')).toHaveTextContent('Le compte peut publier.');
    expect(sent(mock, 'POST', ACCOUNTS)).toEqual([
      {
        platform: 'bluesky',
        credentials: { identifier: 'moulin.bsky.social', app_password: 'abcd-efgh' },
      },
    ]);
  });

  it('signs in to Mastodon through the browser', async () => {
    const opened = vi.spyOn(platform, 'openExternal').mockResolvedValue();
    const mock = show(ConnectionsPage, '#/connexions/ajouter/mastodon');
    await user.type(await screen.findByTestId('oauth-server'), '@moulin@piaille.example');
    await user.click(screen.getByTestId('oauth-start'));
    expect(await screen.findByTestId('oauth-waiting')).toHaveTextContent('piaille.example');
    expect(opened).toHaveBeenCalledWith('https://piaille.example/oauth');
    expect(await screen.findByTestId('connect-done', {}, { timeout: 4000 })).toBeVisible();
    expect(sent(mock, 'POST', `${ACCOUNTS}/oauth`)).toEqual([
      { platform: 'mastodon', server: 'https://piaille.example' },
    ]);
  });

  it('takes a pasted Mastodon token too', async () => {
    show(ConnectionsPage, '#/connexions/ajouter/mastodon');
    await user.click(await screen.findByTestId('connect-token-toggle'));
    expect(screen.getByTestId('cred-access_token')).toBeVisible();
    expect(screen.queryByTestId('oauth-start')).toBeNull();
  });

  it('says that what waited goes on once the account is back', async () => {
    const mock = show(ConnectionsPage, '#/connexions/acc-facebook/reconnecter', { trouble: true });
    await user.type(await screen.findByTestId('cred-page_id'), '1');
    await user.type(screen.getByTestId('cred-access_token'), 'nouveau');
    await user.click(screen.getByTestId('connect-submit'));
    await screen.findByTestId('connect-done');
    expect(sent(mock, 'PATCH', ACCOUNTS)).toEqual([
      { credentials: { page_id: '1', access_token: 'nouveau' } },
    ]);
    expect(screen.getByTestId('connect-waiting')).toHaveTextContent(
      '3 publications en attente Elles partiront à leur heure.',
    );
  });

  it('hands posts over only where the network can', async () => {
    const mock = show(ConnectionsPage, '#/connexions/acc-facebook');
    await user.click(await screen.findByTestId('account-facebook-hand_over'));
    await waitFor(() =>
      expect(sent(mock, 'PATCH', ACCOUNTS)).toEqual([
        { settings: { hand_over: false, facebook_photo_host: true } },
      ]),
    );
    expect(screen.queryByTestId('account-facebook-facebook_photo_host')).toBeNull();
  });

  it('pauses and takes up again', async () => {
    const mock = show(ConnectionsPage, '#/connexions/acc-mastodon');
    await user.click(await screen.findByTestId('account-pause'));
    await waitFor(() =>
      expect(screen.getByTestId('account-mastodon-state')).toHaveTextContent('En pause'),
    );
    await user.click(screen.getByTestId('account-pause'));
    await waitFor(() =>
      expect(screen.getByTestId('account-mastodon-state')).toHaveTextContent('Connecté'),
    );
    expect(sent(mock, 'PATCH', ACCOUNTS)).toEqual([{ paused: true }, { paused: false }]);
  });

  it('lists what would no longer go out before it removes', async () => {
    const mock = show(ConnectionsPage, '#/connexions/acc-bluesky');
    await user.click(await screen.findByTestId('account-remove'));
    expect(await screen.findByTestId('remove-impact')).toHaveTextContent('Soirée jazz au moulin');
    expect(sent(mock, 'DELETE', ACCOUNTS)).toEqual([]);
    await user.click(screen.getByTestId('remove-confirm'));
    await waitFor(() =>
      expect(mock.world.accounts.map((account) => account.id)).not.toContain('acc-bluesky'),
    );
    expect(location.hash).toBe('#/connexions');
    // What the network cannot close by itself has a way there.
    const opened = vi.spyOn(platform, 'openExternal').mockResolvedValue();
    const said = toasts.items.at(-1);
    expect(said?.text).toMatch(/supprimez chez Bluesky le mot de passe/);
    await said?.action?.run();
    expect(opened).toHaveBeenCalledWith('https://bsky.app/settings/app-passwords');
  });

  it('does not remove while the list could not be read', async () => {
    vi.spyOn(api.accounts, 'impact').mockRejectedValue(new Error('offline'));
    show(ConnectionsPage, '#/connexions/acc-bluesky');
    await user.click(await screen.findByTestId('account-remove'));
    expect(await screen.findByText(/Par prudence, réessayez/)).toBeVisible();
    expect(screen.queryByTestId('remove-confirm')).toBeNull();
  });

  it('says which field the engine refuses', async () => {
    const mock = show(ConnectionsPage, '#/connexions/ajouter/bluesky');
    const handle = mock.handle.bind(mock);
    vi.spyOn(mock, 'handle').mockImplementation((request) =>
      request.method === 'POST' && request.url.endsWith('/accounts')
        ? {
            status: 422,
            contentType: 'application/problem+json',
            body: JSON.stringify({
              status: 422,
              code: 'credential_refused',
              detail: 'Bluesky refuse ce mot de passe.',
              errors: [
                {
                  field: 'credentials.app_password',
                  code: 'credential_refused',
                  detail: 'Bluesky refuse ce mot de passe. Créez-en un nouveau.',
                },
              ],
            }),
          }
        : handle(request),
    );
    await user.type(await screen.findByTestId('cred-identifier'), 'moulin');
    await user.type(screen.getByTestId('cred-app_password'), 'faux');
    await user.click(screen.getByTestId('connect-submit'));
    await waitFor(() =>
      expect(screen.getByTestId('cred-app_password')).toHaveAccessibleDescription(
        /Créez-en un nouveau/,
      ),
    );
    expect(screen.getByTestId('cred-app_password')).toHaveFocus();
  });
});
