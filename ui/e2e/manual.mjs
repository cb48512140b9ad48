// The manual of the API (/api/docs) in a real browser: drawn under our own policy, without asking
// anything of another machine, and able to send a request.
import { join } from 'node:path';

/** Returns what is wrong with the manual; nothing when it works. */
export async function checkManual(context, url, shots) {
  const page = await context.newPage();
  const wrong = [];
  const asked = new Set();
  page.on('request', (request) => {
    if (request.url().startsWith('http')) asked.add(new URL(request.url()).origin);
  });
  page.on('pageerror', (error) => wrong.push(`manual: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(`manual: ${message.text()}`);
  });
  await page.goto(new URL('/api/docs', url).href);
  await page.getByRole('heading', { name: /Le Vieux Moulin/ }).waitFor();
  const operations = page.locator('.opblock');
  await operations.first().waitFor();
  const count = await operations.count();
  if (count < 45) wrong.push(`manual: only ${count} operations are drawn`);
  // One operation opened and sent: its answer is shown in the page.
  const health = page.locator('.opblock', { hasText: '/api/health' });
  await health.locator('.opblock-summary-control').click();
  await health.getByRole('button', { name: 'Try it out' }).click();
  await health.getByRole('button', { name: 'Execute' }).click();
  await health.locator('.live-responses-table').getByText('"up"').first().waitFor();
  await page.screenshot({ path: join(shots, 'manual.png') });
  for (const origin of asked) {
    if (origin !== new URL(url).origin) wrong.push(`manual: asks ${origin}`);
  }
  await page.close();
  return wrong;
}
