// The calendar on the real engine: a planned post is moved with the keyboard and with the pointer, a
// published one stays where it is, and an hour that is over is refused with its reason.
const MOVABLE = '.ec-event.movable a[data-testid="event"]';
const OUT = '.ec-event.fixed.tone-ok a[data-testid="event"]';

const day = (page, id) => page.locator(`a[data-post-id="${id}"] .sr-only`).first().textContent();

async function closeToasts(page) {
  const close = page.locator('[data-testid="toast"] button[aria-label]');
  while ((await close.count()) > 0) await close.first().click();
}

/** Takes an event by its middle and lets it go so many columns to the right. */
async function drag(page, event, columns) {
  await closeToasts(page);
  await event.evaluate((node) => node.scrollIntoView({ block: 'center' }));
  const box = await event.boundingBox();
  const column = await page.locator('.ec-day-grid .ec-day').first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  // A drag begins after a few pixels, and follows the moves between.
  await page.mouse.move(x + 12, y, { steps: 4 });
  await page.mouse.move(x + columns * column.width, y, { steps: 12 });
  await page.mouse.up();
}

/** Changes of posts that the page asks for, from now on. */
function watchChanges(page) {
  const changes = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') changes.push(request.url());
  });
  return changes;
}

export async function moveInCalendar(page) {
  await page.evaluate(() => (location.hash = '#/publications'));
  await page.locator(MOVABLE).first().waitFor();
  // The last one has days before it and a month after it.
  const moved = page.locator(MOVABLE).last();
  const id = await moved.getAttribute('data-post-id');
  const changed = (before) =>
    page.waitForFunction(
      ([post, words]) => {
        const now = document.querySelector(`a[data-post-id="${post}"] .sr-only`)?.textContent;
        return now !== undefined && now !== words;
      },
      [id, before],
    );

  let before = await day(page, id);
  await moved.focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await changed(before);
  // The keyboard is still there for the next step, once the network that keeps the post has agreed.
  const ready = async () => {
    await page.locator(`.ec-event.movable a[data-post-id="${id}"]`).waitFor();
    await page.waitForFunction((post) => document.activeElement?.dataset.postId === post, id);
  };
  await ready();
  before = await day(page, id);
  await page.keyboard.press('Alt+ArrowRight');
  await changed(before);

  await ready();
  await page.keyboard.press('F2');
  await page.getByTestId('move-date').fill('2020-01-01');
  await page.getByTestId('move-submit').click();
  await page.getByTestId('move-dialog').getByText('déjà passée').waitFor();
  await page.keyboard.press('Escape');
  await ready();

  before = await day(page, id);
  const column = await page
    .locator(`a[data-post-id="${id}"]`)
    .evaluate((node) => node.getBoundingClientRect().left);
  const middle = await page.evaluate(() => innerWidth / 2);
  await drag(page, page.locator(`a[data-post-id="${id}"]`), column > middle ? -1 : 1);
  await changed(before);

  const changes = watchChanges(page);
  const out = page.locator(OUT).first();
  const [stays, where] = [await out.getAttribute('data-post-id'), await out.textContent()];
  await drag(page, out, 1);
  await page.evaluate(() => (location.hash = '#/publications'));
  const still = await page.locator(`a[data-post-id="${stays}"]`).first().textContent();
  if (still !== where || changes.length > 0) throw new Error('a published post was moved');
  await closeToasts(page);
}
