// The main job in a real browser against the real engine in practice mode: log in with the
// one-time code, write a post with a photo, schedule it for the next minutes, see it published.
// axe runs on every screen on the way.
//   MOULIN_URL=http://127.0.0.1:5001 MOULIN_CODE=… node e2e/dashboard.mjs
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { axe, launch, watchErrors } from './browser.mjs';
import { moveInCalendar } from './calendar.mjs';
import { everyScreen, largeText } from './every-screen.mjs';
import { checkManual } from './manual.mjs';
import { deleteAndRestore, faultAndRemedy, publishAndUndo } from './remedies.mjs';

const url = process.env.MOULIN_URL;
const code = process.env.MOULIN_CODE;
const photo =
  process.env.MOULIN_PHOTO ?? fileURLToPath(new URL('../../icons/icon.png', import.meta.url));
// Time inputs have no seconds: the next full minute that leaves time to finish writing.
const NOTICE_MS = Number(process.env.MOULIN_NOTICE_SECS ?? 15) * 1000;
const PUBLISH_TIMEOUT_MS = Number(process.env.MOULIN_TIMEOUT_SECS ?? 240) * 1000;
const networks = (process.env.MOULIN_NETWORKS ?? 'bluesky,mastodon').split(',');

if (!url || !code) {
  console.error('MOULIN_URL and MOULIN_CODE are needed.');
  process.exit(2);
}

const shots = fileURLToPath(new URL('./shots', import.meta.url));
mkdirSync(shots, { recursive: true });
const violations = [];
let passed = 0;
const started = Date.now();
const step = (text) => {
  passed += 1;
  console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${text}`);
};

/** Date and time in Paris of the first full minute after the notice. */
function nextMinute() {
  const at = new Date(Math.ceil((Date.now() + NOTICE_MS) / 60_000) * 60_000);
  const part = (locale, options) =>
    new Intl.DateTimeFormat(locale, { timeZone: 'Europe/Paris', ...options }).format(at);
  return {
    date: part('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' }),
    time: part('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  };
}

const browser = await launch();
const context = await browser.newContext({
  locale: 'fr-FR',
  viewport: { width: 1280, height: 800 },
});
const page = await context.newPage();
page.setDefaultTimeout(30_000);
const errors = watchErrors(page);
const at = (testid) => page.getByTestId(testid);

async function check(name) {
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(shots, `dashboard-${name}.png`) });
  const found = await axe(page, name);
  violations.push(...found);
  if (found.length === 0) step(`${name}: no barrier found`);
}

let failed = null;
try {
  await page.goto(new URL('/dashboard/', url).href);
  await at('login-code').fill(code);
  await check('login');
  await at('login-submit').click();
  await at('nav-today').waitFor();
  // Asking who is there before logging in is answered 401, which browsers print as an error.
  errors.length = 0;
  step('logged in');
  await check('today');

  for (const name of ['publications', 'results', 'connections', 'journal', 'settings']) {
    await at(`nav-${name}`).click();
    await page.locator(`[data-testid="nav-${name}"][aria-current="page"]`).waitFor();
    await page.locator('h1').first().waitFor();
    await page.screenshot({ path: join(shots, `dashboard-${name}.png`) });
  }
  const screens = await everyScreen(page, async (name) => {
    violations.push(...(await axe(page, name)));
  });
  step(`${screens.length} screens, both themes, both sizes: ${violations.length} barriers`);
  violations.push(...(await largeText(page, screens)));
  step('nothing is cut off at 200 %');
  await moveInCalendar(page);
  // The browser writes the refused move down as an error, too.
  errors.splice(0, errors.length, ...errors.filter((line) => !line.includes('422')));
  step('moved with the keyboard and the pointer; what is out stays');
  const manual = await checkManual(context, url, shots);
  violations.push(...manual);
  if (manual.length === 0) step('the manual of the API works, alone and under our policy');

  await at('nav-today').click();
  await at('new-post').click();
  const text = `Essai du tableau de bord ${Date.now()} : bouillabaisse à 21 €.`;
  await at('composer-text').fill(text);
  await at('composer-photos-input').setInputFiles(photo);
  await at('composer-alt-0').fill('Le moulin de Vensac');
  // A PNG is kept as JPEG, and the composer says so.
  await at('composer-photo-notes-0').waitFor();
  for (const box of await page.locator('input[data-testid^="channel-"]').all()) {
    const name = (await box.getAttribute('data-testid')).replace('channel-', '');
    await box.setChecked(networks.includes(name));
  }
  await at('schedule-at').click();
  const due = nextMinute();
  await at('schedule-date').fill(due.date);
  await at('schedule-time').fill(due.time);
  await check('composer');
  await at('composer-submit').click();
  await at('post-page').waitFor();
  step(`scheduled at ${due.time}`);
  await check('post-scheduled');

  for (const network of networks) {
    // No reload: the page must learn it from the engine's events.
    await page
      .locator(`[data-testid="delivery-${network}-state"][data-state="published"]`)
      .waitFor({ timeout: PUBLISH_TIMEOUT_MS });
    step(`published on ${network}`);
  }
  await at(`delivery-${networks[0]}-attempts`).click();
  await at('attempts').waitFor();
  await check('post-published');

  await publishAndUndo(page);
  step('published at once and taken back');
  await deleteAndRestore(page);
  step('deleted and taken out of the bin');
  await faultAndRemedy(page, check);
  step('refused, then published');
} catch (error) {
  failed = error;
  await page.screenshot({ path: join(shots, 'dashboard-failed.png') });
}
await browser.close();

const wrong = [...violations, ...errors, ...(failed ? [failed.message] : [])];
for (const line of wrong) console.error(line);
console.log(
  wrong.length === 0 ? 'Dashboard: everything works.' : `Dashboard: ${wrong.length} problem(s).`,
);
// Read by `cargo xtask test`.
console.log(`# pass ${passed}\n# fail ${wrong.length}`);
process.exit(wrong.length === 0 ? 0 : 1);
