/** What the page of a failed start may ask the shell (`src-tauri/src/start.rs`). */
import { invoke } from '@tauri-apps/api/core';

import type { Language } from '$lib/i18n/index.svelte';

export interface StartProblem {
  code: string;
  title: string;
  title_en: string;
  detail: string;
  detail_en: string;
  /** What the person can type: nothing, the passphrase, or a new one. */
  form: 'none' | 'unlock' | 'choose';
  tries_again: boolean;
  has_folder: boolean;
}

export interface StartState {
  phase: 'starting' | 'failed' | 'running';
  language: Language;
  problem: StartProblem | null;
}

export const startDesk = {
  state: () => invoke<StartState>('start_state'),
  again: () => invoke<StartState>('start_again'),
  withPassphrase: (passphrase: string) =>
    invoke<StartState>('start_with_passphrase', { passphrase }),
  reveal: () => invoke('start_reveal'),
  quit: () => invoke('quit'),
};

export type StartDesk = typeof startDesk;
