// Lists what the program is made of with its licences, for « À propos »: the crates that are
// linked into it and the packages that are bundled into the page. Run after changing either.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const ui = new URL('../', import.meta.url);

/** Crates reachable from our own by ordinary dependencies, on the system this runs on. */
function crates() {
  const metadata = JSON.parse(
    execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
      cwd: root,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const packages = new Map(metadata.packages.map((entry) => [entry.id, entry]));
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const shipped = ['vieux-moulin', 'vieux-moulin-engine', 'vieux-moulin-sandbox'];
  const queue = metadata.packages.filter(({ name }) => shipped.includes(name)).map(({ id }) => id);
  const seen = new Set(queue);
  for (const id of queue) {
    for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
      if (seen.has(pkg) || !dep_kinds.some(({ kind }) => kind === null)) continue;
      seen.add(pkg);
      queue.push(pkg);
    }
  }
  return [...seen]
    .map((id) => packages.get(id))
    .filter((entry) => entry.source !== null)
    .map(({ name, version, license }) => ({ name, version, licence: license ?? 'voir le paquet' }));
}

/** Packages whose code or fonts end up in the built page; the tools that build it do not. */
function bundled() {
  const wanted = ['svelte', 'bits-ui', 'tailwindcss', 'openapi-fetch'];
  const own = JSON.parse(readFileSync(new URL('package.json', ui), 'utf8'));
  const prefixes = [
    '@event-calendar/',
    '@fontsource',
    '@internationalized/',
    '@lucide/',
    '@tauri-apps/',
  ];
  const queue = Object.keys({ ...own.dependencies, ...own.devDependencies }).filter(
    (name) =>
      wanted.includes(name) ||
      (prefixes.some((p) => name.startsWith(p)) && name !== '@tauri-apps/cli'),
  );
  const seen = new Map();
  for (const name of queue) {
    if (seen.has(name)) continue;
    let manifest;
    try {
      manifest = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, ui), 'utf8'));
    } catch {
      continue;
    }
    const { version, license, dependencies = {} } = manifest;
    // This one states its licence in a file only.
    const licence = license ?? (name === 'svelte-toolbelt' ? 'MIT' : 'voir le paquet');
    seen.set(name, { name, version, licence });
    // Svelte's own dependencies belong to its compiler, except the two helpers it ships.
    const inner = name === 'svelte' ? ['esm-env', 'clsx'] : Object.keys(dependencies);
    queue.push(...inner);
  }
  return [...seen.values()];
}

const all = [...crates(), ...bundled()].sort(
  (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
);
writeFileSync(
  new URL('src/features/settings/licences.gen.json', ui),
  `[\n${all.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`,
);
console.log(`${all.length} packages`);
