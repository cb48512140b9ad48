// The screens about the house, for `screens.mjs`: accounts, journal, settings, alerts, help, login.
const click = (testid) => async (page) => page.getByTestId(testid).first().click();

async function refusedConnection(page) {
  await page.getByTestId('connect-submit').click();
  await page.waitForTimeout(200);
}
async function connected(page) {
  await page.getByTestId('cred-identifier').fill('levieuxmoulin.bsky.social');
  await page.getByTestId('cred-app_password').fill('abcd-efgh-ijkl-mnop');
  await page.getByTestId('connect-submit').click();
  await page.getByTestId('connect-done').waitFor();
}
async function newToken(page) {
  await page.getByTestId('token-create').click();
  await page.getByTestId('token-label').fill('Caisse');
  await page.getByTestId('token-submit').click();
  await page.getByTestId('token-value').waitFor();
}
async function refusedSetting(page) {
  const field = page.getByTestId('setting-publishing.undo_secs');
  await field.fill('5000');
  await field.blur();
  const late = page.getByTestId('setting-publishing.service_ends.midi');
  await late.fill('15:00');
  await late.blur();
  await page.waitForTimeout(300);
}

const ROOMS = [
  'maison',
  'site-web',
  'notifications',
  'demarrage',
  'apparence',
  'donnees',
  'repetition',
  'avance',
  'a-propos',
];

async function answering(page) {
  await page.getByTestId('conversation-answer-open').first().click();
  await page.getByTestId('reply-text').fill('Merci Martine, nous y veillerons ce soir.');
}

export const HOUSE_SCREENS = [
  {
    name: 'site-good',
    hash: '#/reglages/site-web',
    window: true,
    scenario: { site: 'good' },
  },
  {
    name: 'site-bad',
    hash: '#/reglages/site-web',
    window: true,
    scenario: { site: 'bad' },
  },
  {
    name: 'site-form',
    hash: '#/reglages/site-web',
    window: true,
    full: true,
    act: click('site-add'),
  },
  { name: 'conversations', hash: '#/avis', act: answering, full: true },
  { name: 'conversations-all', hash: '#/avis', act: click('conversations-all'), full: true },
  { name: 'conversations-first', hash: '#/avis', scenario: { empty: true } },
  { name: 'connections', hash: '#/connexions', window: true },
  { name: 'connections-trouble', hash: '#/connexions', window: true, scenario: { trouble: true } },
  { name: 'connections-first', hash: '#/connexions', window: true, scenario: { empty: true } },
  { name: 'connections-browser', hash: '#/connexions' },
  { name: 'connect-choose', hash: '#/connexions/ajouter', window: true },
  {
    name: 'connect-facebook',
    hash: '#/connexions/ajouter/facebook',
    window: true,
    act: refusedConnection,
  },
  { name: 'connect-mastodon', hash: '#/connexions/ajouter/mastodon', window: true },
  { name: 'connect-done', hash: '#/connexions/ajouter/bluesky', window: true, act: connected },
  { name: 'account', hash: '#/connexions/acc-instagram', window: true, full: true },
  {
    name: 'account-trouble',
    hash: '#/connexions/acc-facebook',
    window: true,
    scenario: { trouble: true },
    full: true,
  },
  {
    name: 'account-remove',
    hash: '#/connexions/acc-bluesky',
    window: true,
    act: click('account-remove'),
  },
  { name: 'results', hash: '#/resultats', window: true, full: true },
  { name: 'results-empty', hash: '#/resultats', window: true, scenario: { empty: true } },
  { name: 'journal', hash: '#/journal', window: true },
  {
    name: 'journal-none',
    hash: '#/journal',
    act: async (page) => {
      await page.getByTestId('journal-search').fill('zzz');
      await page.getByTestId('journal-empty').waitFor();
    },
  },
  { name: 'logs', hash: '#/journal/details', window: true, act: click('logs-export') },
  ...ROOMS.map((room) => ({ name: `settings-${room}`, hash: `#/reglages/${room}`, window: true })),
  {
    name: 'settings-publication',
    hash: '#/reglages/publication',
    window: true,
    act: refusedSetting,
    full: true,
  },
  { name: 'settings-browser', hash: '#/reglages/publication' },
  {
    name: 'settings-acces',
    hash: '#/reglages/acces',
    window: true,
    act: click('dashboard-make-code'),
  },
  { name: 'settings-token', hash: '#/reglages/acces', window: true, act: newToken },
  {
    name: 'settings-search',
    hash: '#/reglages',
    window: true,
    act: async (page) => page.getByTestId('settings-search').fill('service'),
  },
  {
    name: 'alerts',
    hash: '#/',
    window: true,
    scenario: { trouble: true },
    act: click('alerts-bell'),
  },
  { name: 'pause', hash: '#/', window: true, act: click('pause-menu') },
  { name: 'help', hash: '#/', act: async (page) => page.keyboard.press('F1') },
  {
    name: 'help-keys',
    hash: '#/',
    act: async (page) => {
      await page.keyboard.press('F1');
      await page.getByTestId('help-keys').click();
    },
  },
  { name: 'login', hash: '#/', scenario: { loggedOut: true }, expected: /401/ },
];
