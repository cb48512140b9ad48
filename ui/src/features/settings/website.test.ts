import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { i18n } from '$lib/i18n/index.svelte';
import { session } from '$lib/stores/session.svelte';
import { WRONG_PASSWORD } from '../../mocks/media-host';
import { expectAccessible, sent, show } from '../house.test-support';
import SettingsPage from './SettingsPage.svelte';

const SITE = '/api/communication/media_host';
const user = userEvent.setup();
/** Sites that were named; the route of the test begins with the same address. */
const named = (mock: ReturnType<typeof show>) =>
  sent(mock, 'POST', SITE).filter((body) => body !== null);
const open = (site?: 'good' | 'bad') => show(SettingsPage, '#/reglages/site-web', { site });

describe('Votre site web', () => {
  beforeEach(() => {
    i18n.set('fr');
    vi.spyOn(session, 'may').mockReturnValue(true);
  });

  it('says why a site is needed, takes it, and tells what the test found', async () => {
    const mock = open();
    await user.click(await screen.findByTestId('site-add'));
    expect(screen.getByTestId('site-steps')).toHaveTextContent('Mots de passe d’application');
    await expectAccessible();
    // Nothing is sent while something is missing.
    await user.click(screen.getByTestId('site-save'));
    expect(await screen.findAllByText(/À remplir/)).toHaveLength(3);
    expect(named(mock)).toEqual([]);
    await user.type(screen.getByTestId('cred-site'), 'https://www.levieuxmoulin.fr');
    await user.type(screen.getByTestId('cred-username'), 'anne');
    await user.type(screen.getByTestId('cred-app_password'), 'abcd efgh');
    await user.click(screen.getByTestId('site-save'));
    expect(await screen.findByTestId('site-good')).toHaveTextContent(
      'Instagram, Threads et Google',
    );
    expect(named(mock)).toEqual([
      {
        kind: 'wordpress',
        fields: {
          site: 'https://www.levieuxmoulin.fr',
          username: 'anne',
          app_password: 'abcd efgh',
        },
      },
    ]);
    await expectAccessible();
  });

  it('keeps the stored password and shows the one next step of a failed test', async () => {
    const mock = open('good');
    await user.click(await screen.findByTestId('site-edit'));
    expect(screen.getByTestId('cred-site')).toHaveValue('https://www.levieuxmoulin.fr');
    expect(screen.getByTestId('cred-app_password')).toHaveValue('');
    await user.click(screen.getByTestId('site-save'));
    expect(await screen.findByTestId('site-good')).toBeVisible();
    await user.click(screen.getByTestId('site-edit'));
    await user.type(screen.getByTestId('cred-app_password'), WRONG_PASSWORD);
    await user.click(screen.getByTestId('site-save'));
    expect(await screen.findByTestId('findings')).toHaveTextContent(
      'Créez un nouveau mot de passe',
    );
    expect(screen.queryByTestId('site-good')).toBeNull();
    expect(named(mock)).toHaveLength(2);
  });

  it('tests and forgets on request', async () => {
    const mock = open('good');
    await user.click(await screen.findByTestId('site-test'));
    await waitFor(() => expect(sent(mock, 'POST', `${SITE}/check`)).toHaveLength(1));
    await user.click(screen.getByTestId('site-forget'));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('le mot de passe est effacé');
    await user.click(within(dialog).getByRole('button', { name: 'Ne plus utiliser' }));
    expect(await screen.findByTestId('site-add')).toBeVisible();
  });

  it('only shows to whom may not change', async () => {
    vi.spyOn(session, 'may').mockReturnValue(false);
    open('good');
    expect(await screen.findByTestId('site-facts')).toHaveTextContent('levieuxmoulin.fr');
    expect(screen.queryByTestId('site-test')).toBeNull();
  });
});
