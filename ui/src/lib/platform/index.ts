/** The only place that knows whether the page runs in the desktop window or in a browser. */
import { browserPlatform } from './browser';
import type { Platform } from './types';
import { windowPlatform } from './window';

export type { ApiRequest, ApiResponse, Desktop, DroppedFile, Method, Platform } from './types';

export function isDesktopWindow(scope: object = globalThis): boolean {
  return '__TAURI_INTERNALS__' in scope;
}

export const platform: Platform = isDesktopWindow() ? windowPlatform : browserPlatform;
