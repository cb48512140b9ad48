// What can go wrong and what can be taken back, in a real browser against the real engine in
// practice mode: publish and undo, a breakdown and its remedy, a draft out of the bin. Called by
// `dashboard.mjs` with a page that is logged in.

const FAILED_MS = 60_000;

/** Writes a text for these networks and no other. */
async function write(page, text, networks) {
  await page.evaluate(() => (location.hash = '#/publications/nouvelle'));
  await page.getByTestId('composer-text').fill(text);
  for (const box of await page.locator('input[data-testid^="channel-"]').all()) {
    const name = (await box.getAttribute('data-testid')).replace('channel-', '');
    await box.setChecked(networks.includes(name));
  }
}

export async function publishAndUndo(page) {
  const text = `À reprendre ${Date.now()}`;
  await write(page, text, ['bluesky']);
  await page.getByTestId('schedule-now').click();
  await page.getByTestId('composer-submit').click();
  await page.getByTestId('post-undo').click();
  await page.getByTestId('composer').waitFor();
  if ((await page.getByTestId('composer-text').inputValue()) !== text) {
    throw new Error('the text that was taken back is not in the composer');
  }
}

/** Deletes the draft that is being written, and takes it out of the bin with the message's button. */
export async function deleteAndRestore(page) {
  const path = new URL(page.url()).hash.replace('/modifier', '');
  await page.evaluate((hash) => (location.hash = hash), path);
  await page.getByTestId('post-menu').click();
  await page.getByTestId('post-delete').click();
  await page.getByTestId('confirm-yes').click();
  await page.getByTestId('toast-action').last().click();
  await page.getByTestId('composer').waitFor();
}

/** A refused access: the delivery says so, the remedy brings it online. */
export async function faultAndRemedy(page, check) {
  await page.evaluate(() => (location.hash = '#/reglages/repetition'));
  const choose = async (option) => {
    await page.getByTestId('practice-fault-bluesky').click();
    await page.getByRole('option').first().waitFor();
    if (option > 0) await check('practice-menu');
    await page.getByRole('option').nth(option).click();
  };
  const REFUSED = 6;
  await choose(REFUSED);
  await write(page, `Refusée puis publiée ${Date.now()}`, ['bluesky']);
  await page.getByTestId('schedule-now').click();
  await page.getByTestId('composer-submit').click();
  await page.getByTestId('post-page').waitFor();
  const post = new URL(page.url()).hash;
  await page
    .locator('[data-testid="delivery-bluesky-state"][data-state="rejected"]')
    .waitFor({ timeout: FAILED_MS });
  await check('post-refused');
  await page.evaluate(() => (location.hash = '#/reglages/repetition'));
  await choose(0);
  await page.evaluate((hash) => (location.hash = hash), post);
  await page.getByTestId('action-retry').click();
  await page
    .locator('[data-testid="delivery-bluesky-state"][data-state="published"]')
    .waitFor({ timeout: FAILED_MS });
}
