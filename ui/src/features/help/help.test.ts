import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { SHORTCUTS } from '$lib/shortcuts';
import { expectAccessible } from '../house.test-support';
import HelpDialog from './HelpDialog.svelte';

const user = userEvent.setup();

describe('the help', () => {
  it('leads to the first post and lists every shortcut', async () => {
    render(HelpDialog, { open: true });
    expect(await screen.findByText('Connectez un réseau')).toBeVisible();
    await expectAccessible(screen.getByTestId('help-dialog'));
    await user.click(screen.getByTestId('help-keys'));
    expect(await screen.findAllByRole('definition')).toHaveLength(SHORTCUTS.length);
    expect(screen.getByText('Échap')).toBeVisible();
  });
});
