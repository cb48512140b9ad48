import { describe, expect, it } from 'vitest';
import { serverAddress } from './server';

describe('serverAddress', () => {
  it.each([
    ['mastodon.social', 'https://mastodon.social'],
    ['  mastodon.social/ ', 'https://mastodon.social'],
    ['https://piaille.fr/@moulin', 'https://piaille.fr'],
    ['@moulin@piaille.fr', 'https://piaille.fr'],
    ['moulin@piaille.fr', 'https://piaille.fr'],
    ['http://piaille.fr', 'https://piaille.fr'],
    ['http://127.0.0.1:4004', 'http://127.0.0.1:4004'],
    ['localhost:3000', 'https://localhost:3000'],
  ])('reads %s', (typed, address) => {
    expect(serverAddress(typed)).toBe(address);
  });

  it.each([
    '',
    '   ',
    'mastodon',
    'ftp://mastodon.social',
    'https://moi:secret@mastodon.social',
    'deux mots',
  ])('refuses "%s"', (typed) => {
    expect(serverAddress(typed)).toBeNull();
  });
});
