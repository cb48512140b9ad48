// Writes src/lib/api/schema.gen.ts from the engine's committed API description.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.gen.ts', import.meta.url);
const header = '// Generated from docs/openapi.json by `npm run types`. Do not edit.\n\n';

if (!existsSync(source)) {
  console.log('docs/openapi.json is not there yet: nothing to generate.');
  process.exit(0);
}
const text = header + astToString(await openapiTS(source));
if (process.argv.includes('--check')) {
  const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
  if (current !== text) {
    console.error('src/lib/api/schema.gen.ts is stale: run `npm run types`.');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
  console.log(`Wrote ${fileURLToPath(target)}`);
}
