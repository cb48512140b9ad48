import { describe, expect, it } from 'vitest';

import { FIELDS } from '../../features/settings/fields';
import { catalogues } from './index.svelte';

const flat = (language: 'fr' | 'en') =>
  Object.entries(catalogues[language]).flatMap(([subject, texts]) =>
    Object.entries(texts).map(([key, text]) => [`${subject}.${key}`, text] as const),
  );
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe('catalogues', () => {
  it('have the same keys in both languages', () => {
    expect(flat('en').map(([key]) => key)).toEqual(flat('fr').map(([key]) => key));
  });

  it('have no empty text', () => {
    for (const [key, text] of [...flat('fr'), ...flat('en')]) expect(text, key).not.toBe('');
  });

  it('use the same parameters in both languages', () => {
    const english = new Map(flat('en'));
    for (const [key, text] of flat('fr')) {
      expect(placeholders(english.get(key) ?? ''), key).toEqual(placeholders(text));
    }
  });

  it('follow French typography: no plain space before a double mark, no straight apostrophe', () => {
    for (const [key, text] of flat('fr')) {
      expect(text, key).not.toMatch(/ [;:!?»%]|« |'|\.\.\./);
    }
  });

  it('are all used', () => {
    const sources = import.meta.glob(['/src/**/*.svelte', '/src/**/*.ts', '!/src/**/*.test.ts'], {
      query: '?raw',
      import: 'default',
      eager: true,
    });
    const code = Object.values(sources).join('\n');
    // Keys built at run time are named by their prefix, up to the `${`.
    const prefixes = [...code.matchAll(/`([a-z]+\.[a-z_]*)\$\{/g)]
      .map((match) => match[1] ?? '')
      // The words of the settings follow their paths, and are named one by one.
      .filter((prefix) => prefix !== 'settings.');
    const named = new Set<string>(FIELDS.flatMap(({ label, help }) => [label, help ?? label]));
    const unused = flat('fr')
      .map(([key]) => key.replace(/_(one|other)$/, ''))
      .filter((key) => !named.has(key) && !code.includes(`'${key}'`))
      .filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });
});
