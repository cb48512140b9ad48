/**
 * Breakdowns switched on from this page. The engine does not report them, so they are remembered
 * for as long as the page lives.
 */
export const played = $state<{ current: Record<string, string> }>({ current: {} });
