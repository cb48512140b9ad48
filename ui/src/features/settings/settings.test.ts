import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { i18n } from '$lib/i18n/index.svelte';
import { platform } from '$lib/platform';
import { session } from '$lib/stores/session.svelte';
import { theme } from '$lib/theme.svelte';
import { demonstration } from '../../mocks/data';
import { expectAccessible, sent, show } from '../house.test-support';
import { readTime } from './convert';
import { FIELDS } from './fields';
import { leaves } from './paths';
import { findFields } from './search';
import SettingsPage from './SettingsPage.svelte';

const SETTINGS = '/api/communication/settings';
const PLATFORMS = '/api/communication/platforms/config';
const user = userEvent.setup();
const autostart = { get: vi.fn(), set: vi.fn() };
const saveText = vi.fn();

/** Pretends to be the desktop window, where everything may be changed. */
function inWindow() {
  vi.spyOn(session, 'may').mockReturnValue(true);
  vi.spyOn(platform, 'kind', 'get').mockReturnValue('window');
  platform.desktop = {
    reveal: () => Promise.resolve(),
    autostart,
    saveText,
    quit: () => Promise.resolve(),
  };
}

describe('Réglages', () => {
  beforeEach(() => {
    delete platform.desktop;
    i18n.set('fr');
    autostart.get.mockResolvedValue(false);
    inWindow();
  });

  it('has a place for every setting of the file', () => {
    const elsewhere = ['language', 'theme'];
    expect([...FIELDS.map((field) => field.path), ...elsewhere].sort()).toEqual(
      leaves(demonstration().settings).sort(),
    );
  });

  it('saves one field and says so', async () => {
    const mock = show(SettingsPage, '#/reglages/maison');
    const name = await screen.findByTestId('setting-house.name');
    await user.clear(name);
    await user.type(name, 'Le Petit Moulin');
    await user.tab();
    expect(await screen.findByTestId('setting-house.name-saved')).toHaveTextContent('Enregistré');
    expect(sent(mock, 'PATCH', SETTINGS)).toEqual([{ house: { name: 'Le Petit Moulin' } }]);
    await expectAccessible();
  });

  it('refuses in place and sends nothing', async () => {
    const mock = show(SettingsPage, '#/reglages/publication');
    const undo = await screen.findByTestId('setting-publishing.undo_secs');
    await user.clear(undo);
    await user.type(undo, '5000');
    await user.tab();
    expect(await screen.findByTestId('setting-publishing.undo_secs-error')).toHaveTextContent(
      'Écrivez un nombre entre 0 et 600.',
    );
    expect(sent(mock, 'PATCH', SETTINGS)).toEqual([]);
  });

  it('shows the reason of the engine and keeps what was typed', async () => {
    const mock = show(SettingsPage, '#/reglages/maison');
    const zone = await screen.findByTestId('setting-house.timezone');
    const handle = mock.handle.bind(mock);
    vi.spyOn(mock, 'handle').mockImplementation((request) =>
      request.method === 'PATCH'
        ? {
            status: 422,
            contentType: 'application/problem+json',
            body: JSON.stringify({
              status: 422,
              code: 'bad_setting',
              detail: 'Refusé.',
              errors: [
                {
                  field: 'house.timezone',
                  code: 'unknown_zone',
                  detail: 'Fuseau inconnu du moteur.',
                },
              ],
            }),
          }
        : handle(request),
    );
    await user.clear(zone);
    await user.type(zone, 'Europe/Madrid');
    await user.tab();
    expect(await screen.findByTestId('setting-house.timezone-error')).toHaveTextContent(
      'Fuseau inconnu du moteur.',
    );
    expect(zone).toHaveValue('Europe/Madrid');
  });

  it('shows hours, stores seconds, and goes back to the default', async () => {
    const mock = show(SettingsPage, '#/reglages/publication');
    const late = await screen.findByTestId('setting-publishing.late.evergreen_max_late_secs');
    expect(late).toHaveValue('3');
    await user.clear(late);
    await user.type(late, '1,5');
    await user.tab();
    await waitFor(() =>
      expect(sent(mock, 'PATCH', SETTINGS)).toEqual([
        { publishing: { late: { evergreen_max_late_secs: 5400 } } },
      ]),
    );
    const reset = await screen.findByTestId(
      'setting-publishing.late.evergreen_max_late_secs-reset',
    );
    expect(reset).toHaveTextContent('Par défaut : 3 heures');
    await user.click(reset);
    await waitFor(() => expect(late).toHaveValue('3'));
  });

  it('shows the quiet hours only while they are on', async () => {
    show(SettingsPage, '#/reglages/notifications');
    await screen.findByTestId('setting-notifications.enabled');
    expect(screen.queryByTestId('setting-notifications.quiet_hours.from')).toBeNull();
    await user.click(screen.getByTestId('setting-notifications.quiet_hours.enabled'));
    expect(await screen.findByTestId('setting-notifications.quiet_hours.from')).toHaveValue(
      '22:30',
    );
    // A switch that is itself left out counts as off.
    await user.click(screen.getByTestId('setting-notifications.enabled'));
    await waitFor(() =>
      expect(screen.queryByTestId('setting-notifications.quiet_hours.from')).toBeNull(),
    );
  });

  it('finds a setting without accents', async () => {
    show(SettingsPage, '#/reglages');
    await user.type(await screen.findByTestId('settings-search'), 'delai raviser');
    expect(await screen.findByTestId('setting-publishing.undo_secs')).toBeVisible();
    expect(findFields('rien de tel')).toEqual([]);
  });

  it('starts with the computer, and says when it cannot', async () => {
    autostart.set.mockResolvedValueOnce(true).mockRejectedValueOnce(new Error('refused'));
    show(SettingsPage, '#/reglages/demarrage');
    const toggle = await screen.findByTestId('setting-autostart');
    await user.click(toggle);
    await waitFor(() => expect(toggle).toBeChecked());
    await user.click(toggle);
    expect(await screen.findByText(/n’a pas pu être changé/)).toBeVisible();
    expect(toggle).toBeChecked();
  });

  it('changes colours and language, here and in the engine', async () => {
    const mock = show(SettingsPage, '#/reglages/apparence');
    await user.click(await screen.findByTestId('theme-dark'));
    expect(document.documentElement.dataset['theme']).toBe('dark');
    await user.click(screen.getByTestId('language-en'));
    expect(await screen.findByText('Colours')).toBeVisible();
    await waitFor(() =>
      expect(sent(mock, 'PATCH', SETTINGS)).toEqual([{ theme: 'dark' }, { language: 'en' }]),
    );
    theme.set('auto');
  });

  it('shows a key once, then forgets it', async () => {
    const mock = show(SettingsPage, '#/reglages/acces');
    await user.click(await screen.findByTestId('token-create'));
    await user.click(await screen.findByTestId('token-submit'));
    expect(screen.getByTestId('token-label')).toHaveAccessibleDescription(/Donnez-lui un nom/);
    await user.type(screen.getByTestId('token-label'), 'Caisse');
    await user.click(screen.getByTestId('token-scope-publish'));
    await user.click(screen.getByTestId('token-submit'));
    expect(await screen.findByTestId('token-value')).toHaveTextContent('demonstration-seulement');
    expect(sent(mock, 'POST', '/api/communication/tokens')).toEqual([
      { label: 'Caisse', scopes: ['read', 'publish'] },
    ]);
    await user.click(screen.getByTestId('token-done'));
    await waitFor(() => expect(screen.queryByText('demonstration-seulement')).toBeNull());
    expect(screen.getByTestId('token-list')).toHaveTextContent('Caisse');
  });

  it('revokes only after a question', async () => {
    const mock = show(SettingsPage, '#/reglages/acces');
    await user.click(await screen.findByTestId('token-revoke'));
    expect(mock.world.tokens).toHaveLength(1);
    await user.click(await screen.findByTestId('confirm-yes'));
    await waitFor(() => expect(mock.world.tokens).toHaveLength(0));
  });

  it('gives a code for the dashboard', async () => {
    show(SettingsPage, '#/reglages/acces');
    await user.click(await screen.findByTestId('dashboard-make-code'));
    expect(await screen.findByTestId('dashboard-code')).toHaveTextContent('MOULIN-4827');
  });

  it('exports to a file and asks before an import replaces', async () => {
    saveText.mockResolvedValue('reglages.json');
    const mock = show(SettingsPage, '#/reglages/donnees');
    await user.click(await screen.findByTestId('settings-export'));
    await waitFor(() =>
      expect(saveText).toHaveBeenCalledWith(
        'reglages-vieux-moulin.json',
        expect.stringContaining('Vensac'),
      ),
    );
    const input = screen.getByTestId<HTMLInputElement>('settings-import-file');
    await user.upload(input, new File(['pas du JSON'], 'photo.json', { type: 'application/json' }));
    expect(await screen.findByText(/n’est pas un fichier de réglages/)).toBeVisible();
    await user.upload(
      input,
      new File(['{"house":{"city":"Lesparre"}}'], 'r.json', { type: 'application/json' }),
    );
    expect(sent(mock, 'POST', `${SETTINGS}/import`)).toEqual([]);
    await user.click(await screen.findByTestId('confirm-yes'));
    await waitFor(() =>
      expect(sent(mock, 'POST', `${SETTINGS}/import`)).toEqual([{ house: { city: 'Lesparre' } }]),
    );
  });

  it('shows where each network is reached and changes one address', async () => {
    const mock = show(SettingsPage, '#/reglages/avance');
    const field = await screen.findByTestId<HTMLInputElement>('address-mastodon');
    expect(field).toHaveValue('https://mastodon.social');
    await user.clear(field);
    await user.type(field, 'https://piaille.fr');
    await user.click(await screen.findByTestId('address-mastodon-save'));
    await waitFor(() =>
      expect(sent(mock, 'POST', `${PLATFORMS}/import`)).toEqual([
        { mastodon: { base_url: 'https://piaille.fr' } },
      ]),
    );
    await waitFor(() => expect(screen.queryByTestId('address-mastodon-save')).toBeNull());
    await expectAccessible();
  });

  it('shows the recovery key only after asking, and hides it again', async () => {
    const mock = show(SettingsPage, '#/reglages/donnees');
    await user.click(await screen.findByTestId('recovery-show'));
    expect(sent(mock, 'POST', '/api/communication/recovery_key')).toEqual([]);
    await user.click(screen.getByTestId('confirm-yes'));
    expect(await screen.findByTestId('recovery-key')).toHaveTextContent('FAUX-CLEF');
    expect(sent(mock, 'POST', '/api/communication/recovery_key')).toEqual([{ confirm: true }]);
    // The page takes clicks again once the dialogue has gone.
    await waitFor(() => user.click(screen.getByTestId('recovery-done')));
    expect(screen.queryByTestId('recovery-key')).toBeNull();
    expect(screen.getByTestId('recovery-show')).toHaveFocus();
  });

  it('compares the recovery key with what was written on paper', async () => {
    show(SettingsPage, '#/reglages/donnees');
    await user.click(await screen.findByTestId('recovery-show'));
    await user.click(screen.getByTestId('confirm-yes'));
    await screen.findByTestId('recovery-key');
    await waitFor(() => user.click(screen.getByTestId('recovery-verify')));
    // What is typed comes from the paper, not from the screen.
    expect(screen.queryByTestId('recovery-key')).toBeNull();
    const typed = screen.getByTestId('recovery-typed');
    expect(typed).toHaveFocus();
    await user.type(typed, 'faux-clefs');
    await user.click(screen.getByTestId('recovery-compare'));
    expect(await screen.findByText(/à partir du groupe 3/)).toBeVisible();
    await expectAccessible();
    await user.clear(typed);
    await user.type(typed, 'faux clef pour essa i');
    await user.click(screen.getByTestId('recovery-compare'));
    expect(await screen.findByTestId('recovery-right')).toHaveTextContent('Votre papier est juste');
    expect(screen.queryByText(/FAUX-CLEF/)).toBeNull();
  });

  it('warns before it imports addresses, and sends the file to the letter', async () => {
    const mock = show(SettingsPage, '#/reglages/avance');
    const file = '{\n  "bluesky": { "base_url": "https://pds.example" }\n}';
    await user.upload(
      await screen.findByTestId<HTMLInputElement>('addresses-import-file'),
      new File([file], 'adresses.json', { type: 'application/json' }),
    );
    expect(await screen.findByText(/dont vous connaissez l’origine/)).toBeVisible();
    expect(sent(mock, 'POST', `${PLATFORMS}/import`)).toEqual([]);
    await user.click(screen.getByTestId('confirm-yes'));
    await waitFor(() =>
      expect(screen.getByTestId('address-bluesky')).toHaveValue('https://pds.example'),
    );
    expect(mock.requests.find(({ url }) => url === `${PLATFORMS}/import`)?.body).toBe(file);
  });

  it('lists the licences on demand under the owner’s notice', async () => {
    show(SettingsPage, '#/reglages/a-propos');
    expect(await screen.findByTestId('about-copyright')).toHaveTextContent(
      '© 2025 Le Vieux Moulin - Tous droits réservés',
    );
    await user.click(screen.getByTestId('about-show-licences'));
    expect(await screen.findByTestId('about-licences')).toHaveTextContent('svelte');
  });

  it('can be read but not changed in a browser', async () => {
    vi.spyOn(session, 'may').mockReturnValue(false);
    vi.spyOn(platform, 'kind', 'get').mockReturnValue('browser');
    delete platform.desktop;
    show(SettingsPage, '#/reglages/maison');
    expect(await screen.findByTestId('setting-house.name')).toBeDisabled();
    expect(screen.getByTestId('settings-read-only')).toBeVisible();
    expect(screen.queryByTestId('settings-startup')).toBeNull();
  });
});

describe('readTime', () => {
  it.each([
    ['14:30', '14:30'],
    ['14h30', '14:30'],
    ['14 h', '14:00'],
    ['9:05', '09:05'],
    ['9', '09:00'],
  ])('reads %s', (typed, time) => expect(readTime(typed)).toBe(time));
  it.each(['25:00', '14:60', 'midi', ''])('refuses "%s"', (typed) =>
    expect(readTime(typed)).toBeNull(),
  );
});
