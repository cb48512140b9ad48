/**
 * The page in the desktop window. The engine runs in the same process: requests go through one
 * command of the shell, events come back through a channel, pictures through the `moulin:`
 * protocol. No port is involved, so all of it works when 5001 is taken.
 */
import { Channel, invoke } from '@tauri-apps/api/core';
import { getCurrentWebview } from '@tauri-apps/api/webview';

import type { ServerEvent } from '$lib/api/types';
import type { ApiRequest, ApiResponse, Platform } from './types';

interface RawRequest extends ApiRequest {
  /** Set instead of `body` for bytes: JSON between page and shell carries text only. */
  bodyBase64?: string;
}

function call(request: RawRequest): Promise<ApiResponse> {
  return invoke<ApiResponse>('api', { ...request });
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const address = String(reader.result);
      resolve(address.slice(address.indexOf(',') + 1));
    };
    reader.onerror = () => reject(reader.error ?? new Error('unreadable file'));
    reader.readAsDataURL(file);
  });
}

export const windowPlatform: Platform = {
  kind: 'window',
  request: call,
  upload: async (file, altText) => {
    const query = new URLSearchParams({ name: file.name });
    if (altText) query.set('alt_text', altText);
    return call({
      method: 'POST',
      path: `/api/communication/media?${query.toString()}`,
      headers: { 'content-type': 'application/octet-stream' },
      body: null,
      bodyBase64: await base64(file),
    });
  },
  subscribe: (onEvent, onState) => {
    let open = true;
    const channel = new Channel<ServerEvent>();
    channel.onmessage = (event) => {
      if (open) onEvent(event);
    };
    invoke('subscribe', { channel }).then(
      () => onState(true),
      () => onState(false),
    );
    return () => {
      open = false;
    };
  },
  assetUrl: (path) => `moulin://localhost${path}`,
  onFileDrop: ({ over, drop }) => {
    const stop = getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === 'drop') {
        over(false);
        drop(payload.paths.map((path) => ({ path })));
      } else {
        over(payload.type !== 'leave');
      }
    });
    return () => void stop.then((unlisten) => unlisten());
  },
  openExternal: (url) => invoke('open_external', { url }),
  desktop: {
    reveal: (path) => invoke('reveal', { path }),
    saveText: (name, text) => invoke<string | null>('save_text', { name, text }),
    autostart: {
      get: () => invoke<boolean>('autostart_get'),
      set: (on) => invoke<boolean>('autostart_set', { on }),
    },
    quit: () => invoke('quit'),
  },
};
