import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { DeliveryState } from '$lib/api/types';
import frStates from '$lib/i18n/fr/states.json';
import StateBadge from './StateBadge.svelte';
import { deliveryLook } from './states';

const STATES: DeliveryState[] = [
  'queued',
  'preparing',
  'armed',
  'sending',
  'published',
  'handed_over',
  'retry_at',
  'needs_reauth',
  'rejected',
  'duplicate',
  'unknown',
  'reconciling',
  'cancelled',
  'expired',
  'held',
];

describe('the badge of a delivery', () => {
  it.each(STATES)('says %s with a word and a sign, not by colour alone', (state) => {
    render(StateBadge, { delivery: state, testid: 'badge' });
    const badge = screen.getByTestId('badge');
    expect(badge).toHaveTextContent(frStates[state]);
    expect(badge.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
  });

  it('gives the states that need a person another tone than those that went well', () => {
    for (const state of ['held', 'rejected', 'needs_reauth', 'unknown'] as const) {
      expect(deliveryLook(state).tone).not.toBe(deliveryLook('published').tone);
    }
  });

  it('never says the same word for two states', () => {
    const words = STATES.map((state) => frStates[state]);
    expect(new Set(words).size).toBe(STATES.length);
  });
});
