import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import type { Alert } from '$lib/api';
import { alerts, status } from '$lib/stores/status.svelte';
import { expectAccessible, sent, show } from '../house.test-support';
import AlertsBell from './AlertsBell.svelte';
import { alertPath, groupAlerts } from './group';
import PauseMenu from './PauseMenu.svelte';

const user = userEvent.setup();
const alert = (id: string, at: string, more: Partial<Alert> = {}): Alert =>
  ({ id, at, account: null, post_id: null, seen_at: null, ...more }) as Alert;

describe('groupAlerts', () => {
  it('groups by account, what is new first, newest first inside', () => {
    const groups = groupAlerts([
      alert('old', '2026-11-20T10:00:00Z', { account: 'a' }),
      alert('seen', '2026-11-22T10:00:00Z', { account: 'b', seen_at: '2026-11-22T11:00:00Z' }),
      alert('new', '2026-11-21T10:00:00Z', { account: 'a' }),
    ]);
    expect(
      groups.map((group) => [group.account, group.unseen, group.alerts.map((a) => a.id)]),
    ).toEqual([
      ['a', 2, ['new', 'old']],
      ['b', 0, ['seen']],
    ]);
  });

  it('leads to the post, else to the account', () => {
    expect(alertPath(alert('a', '', { post_id: 'p', account: 'x' }))).toBe('/publications/p');
    expect(alertPath(alert('a', '', { account: 'x' }))).toBe('/connexions/x');
    expect(alertPath(alert('a', ''))).toBeNull();
  });
});

describe('the bell', () => {
  it('counts what is new, marks it seen, and opens the item', async () => {
    show(AlertsBell, '#/', { trouble: true });
    await Promise.all([status.refresh(), alerts.refresh()]);
    expect(screen.getByTestId('alerts-bell')).toHaveAccessibleName(/^Alertes\s: 3 à voir$/);
    await user.click(screen.getByTestId('alerts-bell'));
    const panel = await screen.findByTestId('alerts-panel');
    expect(within(panel).getAllByTestId('alert-group')).toHaveLength(2);
    await expectAccessible();
    const first = within(panel).getAllByTestId('alert-seen')[0];
    if (first) await user.click(first);
    await waitFor(() => expect(screen.getByTestId('alerts-count')).toHaveTextContent('2'));
    const item = within(panel).getByText('Facebook ne reconnaît plus cet accès').closest('li');
    await user.click(within(item as HTMLElement).getByTestId('alert-open'));
    expect(location.hash).toBe('#/connexions/acc-facebook');
  });

  it('says that nothing is wrong', async () => {
    show(AlertsBell, '#/', { empty: true });
    await alerts.refresh();
    expect(screen.getByTestId('alerts-bell')).toHaveAccessibleName(/rien de nouveau$/);
    await user.click(screen.getByTestId('alerts-bell'));
    expect(await screen.findByText('Rien à signaler')).toBeInTheDocument();
  });
});

describe('the pause', () => {
  it.each([
    ['hour', { for_secs: 3600 }],
    ['tomorrow', { until: 'tomorrow' }],
    ['indefinite', { until: null }],
  ])('%s', async (name, body) => {
    const mock = show(PauseMenu);
    await status.refresh();
    await user.click(screen.getByTestId('pause-menu'));
    await user.click(await screen.findByTestId(`pause-${name}`));
    await waitFor(() => expect(sent(mock, 'POST', '/api/communication/pause')).toEqual([body]));
    await user.click(screen.getByTestId('pause-menu'));
    await user.click(await screen.findByTestId('pause-resume'));
    await waitFor(() => expect(status.data?.paused).toBe(false));
  });
});
