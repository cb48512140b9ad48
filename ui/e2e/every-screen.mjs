// Every screen of the dashboard on the real engine, in both themes and both supported sizes: nothing
// that axe calls a barrier, and nothing cut off at 200 %.
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1024, height: 700 },
];
const ROOMS = ['maison', 'publication', 'notifications', 'apparence', 'donnees', 'acces'].concat(
  'repetition',
  'avance',
  'a-propos',
);

/** Shows one screen and waits until what it asked of the engine is there. */
async function open(page, hash) {
  await page.evaluate((wanted) => (location.hash = wanted), hash);
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(
    () =>
      document.querySelector('[data-testid="skeleton"]') === null &&
      // A colour on its way from one to the other has the contrast of neither.
      document.getAnimations().every(({ playState }) => playState === 'finished'),
  );
}

/** The address of the first thing of its kind, as the person would find it. */
async function first(page, hash, selector) {
  await open(page, hash);
  return page.locator(selector).first().getAttribute('href');
}

export async function everyScreen(page, check) {
  const post = await first(page, '#/publications', 'a[data-testid="event"]');
  const account = await first(
    page,
    '#/connexions',
    'a[data-testid^="account-"][data-testid$="-open"]',
  );
  const screens = [
    '#/',
    '#/publications',
    '#/publications?view=week',
    '#/publications?view=list',
    '#/publications/nouvelle',
    post,
    '#/resultats',
    '#/connexions',
    account,
    '#/connexions/ajouter',
    '#/connexions/ajouter/facebook',
    '#/journal',
    '#/journal/details',
    ...ROOMS.map((room) => `#/reglages/${room}`),
    '#/nulle-part',
  ];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const hash of screens) {
        await open(page, hash);
        await check(`${hash} ${colorScheme} ${size.width}`);
      }
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(SIZES[0]);
  return screens;
}

/** What runs out of the page sideways at 200 %, which halves the room of a browser; one line each. */
export async function largeText(page, screens) {
  const wrong = [];
  const [{ width, height }] = SIZES;
  await page.setViewportSize({ width: width / 2, height: height / 2 });
  for (const hash of screens) {
    await open(page, hash);
    const cut = await page.evaluate(() => {
      const main = document.querySelector('main');
      return main.scrollWidth - main.clientWidth;
    });
    if (cut > 1) wrong.push(`200 % ${hash}: ${cut} pixels are cut off`);
  }
  await page.setViewportSize(SIZES[0]);
  return wrong;
}
