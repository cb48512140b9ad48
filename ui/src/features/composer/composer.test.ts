import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Account } from '$lib/api';
import { installMockApi } from '../../mocks/fetch';
import type { MockServer } from '../../mocks/server';
import ComposerPage from './ComposerPage.svelte';
import { parseHashtags } from './draft.svelte';
import { nextSlots } from './slots';

let mock: MockServer;
const calls = (method: string, part: string) =>
  mock.requests.filter((request) => request.method === method && request.url.includes(part));
const bodyOf = (request: { body: unknown } | undefined) =>
  JSON.parse(String(request?.body)) as Record<string, unknown>;

beforeEach(() => {
  localStorage.clear();
  location.hash = '';
  mock = installMockApi();
});

async function open() {
  render(ComposerPage);
  const user = userEvent.setup();
  await screen.findByTestId('composer-text');
  return user;
}

describe('the composer', () => {
  it('aims at every connected account and shows the result before the form', async () => {
    await open();
    for (const name of ['facebook', 'instagram', 'bluesky', 'mastodon']) {
      expect(screen.getByTestId(`channel-${name}`)).toBeChecked();
    }
    const preview = screen.getByTestId('preview');
    const text = screen.getByTestId('composer-text');
    expect(preview.compareDocumentPosition(text)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  it('leaves a network that bills each post to the person', async () => {
    const [first] = mock.world.accounts;
    mock.world.accounts.push({
      ...(first as Account),
      id: 'x',
      platform: 'x',
      bills_each_post: true,
    });
    await open();
    expect(screen.getByTestId('channel-facebook')).toBeChecked();
    expect(screen.getByTestId('channel-x')).not.toBeChecked();
  });

  it('tells in place, in plain words, what a network will not take', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Sans photo');
    const problems = await screen.findByTestId('problems-instagram');
    expect(problems).toHaveTextContent('Instagram demande au moins une photo.');
    expect(screen.queryByTestId('problems-mastodon')).toBeNull();
  });

  it('leaves out a network that cannot take the photo, says why and where to go', async () => {
    mock.reset({ site: 'none' });
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Moules');
    const photo = new File(['photo'], 'moules.jpg', { type: 'image/jpeg' });
    await user.upload(screen.getByTestId('composer-photos-input'), photo);
    await waitFor(() => expect(screen.getByTestId('channel-instagram')).not.toBeChecked());
    expect(screen.getByTestId('problems-instagram')).toHaveTextContent('adresse publique');
    expect(screen.getByTestId('aside-instagram')).toBeVisible();
    expect(screen.getByTestId('name-site-instagram')).toHaveAttribute(
      'href',
      '#/reglages/site-web',
    );
    expect(screen.getByTestId('channel-facebook')).toBeChecked();
    // Ticked by the person it stays ticked, with the same words.
    await user.click(screen.getByTestId('channel-instagram'));
    await user.type(screen.getByTestId('composer-text'), ' frites');
    const looked = () =>
      calls('POST', '/posts/preview').some(({ body }) => String(body).includes('frites'));
    await waitFor(() => expect(looked()).toBe(true), { timeout: 10_000 });
    expect(screen.getByTestId('channel-instagram')).toBeChecked();
    expect(screen.queryByTestId('aside-instagram')).toBeNull();
  });

  it('takes a network back in as soon as it can take the photo', async () => {
    mock.reset({ site: 'none' });
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Moules');
    const photo = new File(['photo'], 'moules.jpg', { type: 'image/jpeg' });
    await user.upload(screen.getByTestId('composer-photos-input'), photo);
    await waitFor(() => expect(screen.getByTestId('channel-instagram')).not.toBeChecked());
    mock.mediaHost.name();
    await user.type(screen.getByTestId('composer-text'), ' frites');
    await waitFor(() => expect(screen.getByTestId('channel-instagram')).toBeChecked());
  });

  it('counts what is left with the network’s own rule', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Bonjour');
    await waitFor(() =>
      expect(screen.getByTestId('counter-bluesky')).toHaveTextContent(/7\s\/\s300/),
    );
  });

  it('gives one network its own text and leaves the others alone', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Commun');
    await user.click(screen.getByTestId('own-text-bluesky'));
    await user.clear(screen.getByTestId('variant-bluesky'));
    await user.type(screen.getByTestId('variant-bluesky'), 'Court');
    await waitFor(() => {
      const { content } = bodyOf(calls('POST', '/posts/preview').at(-1));
      expect(content).toMatchObject({
        body: 'Commun',
        variants: { 'acc-bluesky': { text: 'Court' } },
      });
    });
  });

  it('saves the draft by itself, once, and later changes into the same draft', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Un brouillon');
    await screen.findByTestId('composer-saved', undefined, { timeout: 4000 });
    const created = calls('POST', '/publish');
    expect(created).toHaveLength(1);
    expect(bodyOf(created[0])).toMatchObject({ draft: true, content: { body: 'Un brouillon' } });
    await user.type(screen.getByTestId('composer-text'), ' !');
    await waitFor(() => expect(calls('PATCH', '/posts/')).toHaveLength(1), { timeout: 4000 });
    expect(calls('POST', '/publish')).toHaveLength(1);
  });

  it('does not submit while something is missing, and says what', async () => {
    const user = await open();
    await user.click(screen.getByTestId('composer-submit'));
    expect(await screen.findByTestId('composer-message')).toHaveTextContent(
      'Il manque un texte ou une photo.',
    );
    expect(calls('POST', '/publish')).toHaveLength(0);
  });

  it('schedules at the wall clock of the restaurant', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'À demain');
    await user.click(screen.getByTestId('channel-instagram'));
    await user.click(screen.getByTestId('schedule-at'));
    const [slot] = nextSlots(new Date());
    await user.click(screen.getByTestId('composer-submit'));
    await waitFor(() => expect(location.hash).toMatch(/^#\/publications\/\w/));
    expect(bodyOf(calls('PATCH', '/posts/').at(-1))).toMatchObject({
      publish: 'schedule',
      timezone: 'Europe/Paris',
      scheduled_time: `${slot?.date}T${slot?.time}:00`,
    });
  });

  it('tells at once that a chosen time is over, and takes the next one without a word', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Hier');
    await user.click(screen.getByTestId('schedule-at'));
    await fireEvent.input(screen.getByTestId('schedule-date'), { target: { value: '2020-01-01' } });
    expect(await screen.findByText(/Cette heure est déjà passée/)).toBeVisible();
    await user.click(screen.getByTestId('composer-submit'));
    expect(screen.getByTestId('composer-message')).toHaveTextContent(/déjà passée/);
    expect(calls('PATCH', '/posts/').map(bodyOf)).not.toContainEqual(
      expect.objectContaining({ publish: 'schedule' }),
    );
    const [slot] = nextSlots(new Date());
    await fireEvent.input(screen.getByTestId('schedule-date'), {
      target: { value: slot?.date },
    });
    await waitFor(() => expect(screen.queryByText(/déjà passée/)).toBeNull());
  });

  it('asks for the description of a photo at the photo, not once for each network', async () => {
    const user = await open();
    const photo = new File(['photo'], 'moules.jpg', { type: 'image/jpeg' });
    await user.upload(screen.getByTestId('composer-photos-input'), photo);
    expect(await screen.findByTestId('composer-alt-0')).toHaveAccessibleDescription(
      /Une phrase suffit/,
    );
    await waitFor(() =>
      expect(bodyOf(calls('POST', '/posts/preview').at(-1)).content).toMatchObject({
        media: [{ alt_text: '' }],
      }),
    );
    await screen.findByTestId('counter-facebook');
    expect(screen.queryByText('Une photo n’a pas de description.')).toBeNull();
  });

  it('keeps everything and explains when the engine refuses', async () => {
    const user = await open();
    await user.type(screen.getByTestId('composer-text'), 'Texte seul');
    await user.click(screen.getByTestId('composer-submit'));
    expect(await screen.findByTestId('composer-message')).toHaveTextContent('brouillon est gardé');
    expect(screen.getByTestId('composer-text')).toHaveValue('Texte seul');
  });

  it('finds the text again that the engine never received', async () => {
    localStorage.setItem(
      'moulin.composer.new',
      JSON.stringify({
        kind: 'event',
        title: '',
        body: 'Écrit pendant la panne',
        hashtags: '',
        link: '',
        photos: [],
        targets: ['acc-bluesky'],
        variants: {},
      }),
    );
    await open();
    expect(screen.getByTestId('composer-text')).toHaveValue('Écrit pendant la panne');
    expect(screen.getByTestId('channel-facebook')).not.toBeChecked();
  });
});

describe('hashtags', () => {
  it('are read with or without their sign, each once', () => {
    expect(parseHashtags('#Moules, Medoc  #Moules')).toEqual(['Moules', 'Medoc']);
    expect(parseHashtags('  ')).toEqual([]);
  });
});

describe('the next moments', () => {
  it('are before a service and leave time to finish', () => {
    const slots = nextSlots(new Date('2026-11-22T09:15:00Z'));
    expect(slots[0]).toEqual({ date: '2026-11-22', time: '18:00', inDays: 0 });
    expect(slots[1]).toEqual({ date: '2026-11-23', time: '10:30', inDays: 1 });
    expect(slots).toHaveLength(4);
  });
});
