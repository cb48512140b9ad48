import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { platform } from '$lib/platform';
import { session } from '$lib/stores/session.svelte';
import { expectAccessible, sent, show } from '../house.test-support';
import PracticePanel from './PracticePanel.svelte';

const user = userEvent.setup();
const FAULTS = '/api/communication/practice/faults';

describe('the practice mode', () => {
  beforeEach(() => void vi.spyOn(session, 'may').mockReturnValue(true));

  it('opens the page of a pretend network', async () => {
    const opened = vi.spyOn(platform, 'openExternal').mockResolvedValue();
    show(PracticePanel);
    await user.click(await screen.findByTestId('practice-open-bluesky'));
    expect(opened).toHaveBeenCalledWith('http://127.0.0.1:5188/demo/bluesky');
    await expectAccessible();
  });

  it('breaks a network and mends it', async () => {
    const mock = show(PracticePanel);
    const choice = await screen.findByTestId('practice-fault-facebook');
    choice.focus();
    await user.keyboard('{Enter}');
    await user.click(await screen.findByText('Accès expiré'));
    await waitFor(() =>
      expect(sent(mock, 'POST', FAULTS)).toEqual([
        { platform: 'facebook', fault: null },
        { platform: 'facebook', fault: 'token_expired' },
      ]),
    );
    expect(await screen.findByText('En panne, pour de faux')).toBeVisible();
  });
});
