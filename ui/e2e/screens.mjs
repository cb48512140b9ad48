// Photographs every screen against the mocked API, in light and dark, in both supported sizes,
// and runs axe on each. `node e2e/screens.mjs [name…]` limits it to some screens.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

import { axe, launch, watchErrors } from './browser.mjs';
import { HOUSE_SCREENS } from './screens-house.mjs';
import { actAsWindow } from './window.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const shots = join(here, 'shots');
const wanted = process.argv.slice(2);

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1024, height: 700 },
];

const fill = async (page, testid, text) => page.getByTestId(testid).fill(text);
const firstPost = (page, text) => page.getByText(text, { exact: false }).first();

async function compose(page) {
  await fill(page, 'composer-title', 'Arrivage de moules du Verdon');
  await fill(
    page,
    'composer-text',
    'Elles sont arrivées ce matin : moules du Verdon, vin blanc, herbes du jardin et frites maison. 16 € midi et soir, jusqu’à épuisement.',
  );
  await fill(page, 'composer-hashtags', '#Moules #Medoc #Vensac');
  await page.getByTestId('composer-photos-input').setInputFiles({
    name: 'moules.svg',
    mimeType: 'image/svg+xml',
    buffer: Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 900" width="1200" height="900"><rect width="1200" height="900" fill="#e7c58d"/><circle cx="600" cy="450" r="330" fill="#f7f1e6"/><g fill="#2a3443"><ellipse cx="500" cy="390" rx="90" ry="46" transform="rotate(-24 500 390)"/><ellipse cx="690" cy="400" rx="90" ry="46" transform="rotate(32 690 400)"/><ellipse cx="590" cy="520" rx="92" ry="46" transform="rotate(8 590 520)"/><ellipse cx="450" cy="530" rx="80" ry="40" transform="rotate(-60 450 530)"/><ellipse cx="740" cy="540" rx="80" ry="40" transform="rotate(70 740 540)"/></g><g fill="#f0a24e"><ellipse cx="520" cy="400" rx="44" ry="18" transform="rotate(-24 520 400)"/><ellipse cx="700" cy="412" rx="44" ry="18" transform="rotate(32 700 412)"/></g></svg>',
    ),
  });
  await page.getByTestId('composer-alt-0').fill('Une cocotte de moules et un cornet de frites');
  await page.getByTestId('schedule-at').click();
  await page.waitForTimeout(700);
}

const SCREENS = [
  { name: 'today', hash: '#/' },
  { name: 'today-first', hash: '#/', scenario: { empty: true } },
  { name: 'today-offline', hash: '#/', scenario: { online: false, paused: true, practice: false } },
  { name: 'month', hash: '#/publications' },
  { name: 'week', hash: '#/publications?view=week' },
  { name: 'list', hash: '#/publications?view=list' },
  {
    name: 'move',
    hash: '#/publications',
    act: async (page) => {
      await page.locator('.ec-event.movable a').first().focus();
      await page.keyboard.press('F2');
    },
  },
  { name: 'composer-empty', hash: '#/publications/nouvelle' },
  { name: 'composer', hash: '#/publications/nouvelle', act: compose, full: true },
  {
    name: 'composer-no-site',
    hash: '#/publications/nouvelle',
    scenario: { site: 'none' },
    act: async (page) => {
      await compose(page);
      await page.getByTestId('name-site-instagram').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'post-held',
    hash: '#/',
    act: async (page) => {
      await firstPost(page, 'Arrivage d’huîtres').click();
      await page.getByTestId('post-page').waitFor();
    },
    full: true,
  },
  {
    name: 'confirm',
    hash: '#/',
    act: async (page) => {
      await firstPost(page, 'Arrivage d’huîtres').click();
      await page.getByTestId('action-confirm_resend').click();
    },
  },
  ...HOUSE_SCREENS,
];

mkdirSync(shots, { recursive: true });
// A build, not the development server: it is what people get, and pages load at once.
const config = {
  configFile: join(here, '../vite.config.ts'),
  root: join(here, '..'),
  mode: 'mock',
  logLevel: 'warn',
  build: { outDir: join(here, '../node_modules/.mock-dist'), emptyOutDir: true },
};
await build(config);
const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 5189 } });
const base = server.resolvedUrls.local[0];
const browser = await launch();
const wrong = [];

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of SIZES) {
    if (process.env.QUICK && (colorScheme === 'dark') !== (viewport.width === 1024)) continue;
    const context = await browser.newContext({
      viewport,
      colorScheme,
      locale: 'fr-FR',
      timezoneId: 'Europe/Paris',
      reducedMotion: 'reduce',
    });
    for (const screen of SCREENS) {
      if (wanted.length > 0 && !wanted.includes(screen.name)) continue;
      const name = `${screen.name}-${colorScheme}-${viewport.width}`;
      await fetch(new URL('/__mock/reset', base), {
        method: 'POST',
        body: JSON.stringify(screen.scenario ?? {}),
      });
      const page = await context.newPage();
      if (screen.window) await page.addInitScript(actAsWindow);
      const errors = watchErrors(page);
      try {
        await page.goto(base + screen.hash);
        await page.locator('h1').first().waitFor({ timeout: 20_000 });
        await page.waitForTimeout(500);
        await screen.act?.(page);
        await page.waitForTimeout(400);
        await page.screenshot({ path: join(shots, `${name}.png`) });
        if (screen.full) {
          await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
          await page.waitForTimeout(150);
          await page.screenshot({ path: join(shots, `${name}-end.png`) });
        }
        wrong.push(...(await axe(page, name)));
      } catch (error) {
        wrong.push(`${name}: ${error.message.split('\n').slice(0, 3).join(' ')}`);
      }
      wrong.push(
        ...errors.filter((line) => !screen.expected?.test(line)).map((line) => `${name}: ${line}`),
      );
      await page.evaluate(() => localStorage.clear());
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
await server.close();
for (const line of wrong) console.error(line);
console.log(`Screens done, ${wrong.length} problem(s).`);
process.exit(wrong.length === 0 ? 0 : 1);
