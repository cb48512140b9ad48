// `npm run e2e`: starts the engine in practice mode on a free port with a data folder of its own,
// runs the checks of the dashboard against it, stops it and counts. MOULIN_BIN names the program.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const READY_MS = 60_000;
const STOP_MS = 15_000;
const program =
  process.env.MOULIN_BIN ?? fileURLToPath(new URL('../../target/debug/moulin', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'moulin-e2e-'));

const engine = spawn(
  program,
  ['serve', '--practice', '--data-dir', folder, '--port', '0', '--ready-json'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const ended = new Promise((resolve) => engine.once('exit', resolve));

/** The line of JSON that says that work is accepted. */
function ready() {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the engine is not ready')), READY_MS);
    const failed = (why) => {
      clearTimeout(timer);
      reject(new Error(`the engine did not start: ${why}`));
    };
    engine.once('error', (error) => failed(error.message));
    engine.once('exit', (code) => failed(`it ended with ${code}`));
    createInterface({ input: engine.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
  });
}

async function stop() {
  engine.kill('SIGTERM');
  const late = setTimeout(() => engine.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(late);
  rmSync(folder, { recursive: true, force: true });
}

let code = 1;
try {
  const { address, dashboard_code } = await ready();
  const checks = spawn(
    process.execPath,
    [fileURLToPath(new URL('./dashboard.mjs', import.meta.url))],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        MOULIN_URL: address,
        MOULIN_CODE: dashboard_code,
        CHROMIUM: process.env.MOULIN_CHROMIUM ?? process.env.CHROMIUM ?? '/usr/bin/chromium',
      },
    },
  );
  code = await new Promise((resolve) => checks.once('exit', (exit) => resolve(exit ?? 1)));
} catch (error) {
  console.error(error.message);
} finally {
  await stop();
}
process.exit(code);
