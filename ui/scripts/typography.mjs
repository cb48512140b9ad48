// Puts the no-break spaces of French typography into the French catalogues.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/lib/i18n/fr/', import.meta.url);
for (const name of readdirSync(folder)) {
  const file = new URL(name, folder);
  const texts = JSON.parse(readFileSync(file, 'utf8'));
  for (const [key, text] of Object.entries(texts)) {
    texts[key] = text
      .replaceAll("'", '’')
      .replaceAll('...', '…')
      .replace(/« /g, '«\u00a0')
      .replace(/ ([:»])/g, '\u00a0$1')
      .replace(/ ([;!?%])/g, '\u202f$1');
  }
  writeFileSync(file, JSON.stringify(texts, null, 2) + '\n');
}
